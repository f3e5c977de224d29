package template

import (
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"math/rand/v2"
)

// uuidSize is the length of a UUID in text form.
const uuidSize = len("00000000-0000-0000-0000-000000000000")

// AppendUUID appends a UUID that carries number, so that its reply is matched without a table. It
// has version 8 and variant 10 (RFC 9562, section 5.8), in lower case. Of its 122 free bits, 64
// are the scrambled number, 32 a checksum that detects foreign UUIDs, and 26 random, so that runs
// with the same numbers rarely send the same UUIDs.
func AppendUUID(dst []byte, number uint64, r *rand.PCG) []byte {
	spread := mix(number)
	high := spread&^0xffff | 8<<12 | spread>>4&0xfff
	low := 0b10<<62 | spread&0xf<<58 | check(spread)<<26 | r.Uint64()>>38
	return appendUUID(dst, high, low)
}

// ParseUUID returns the number of a UUID by AppendUUID; false for other text. One in 2^32 foreign
// UUIDs of the same version is accepted. Case is ignored.
func ParseUUID(text []byte) (number uint64, ok bool) {
	if len(text) != uuidSize || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return 0, false
	}
	var digits [32]byte
	n := 0
	for _, part := range [...][]byte{text[:8], text[9:13], text[14:18], text[19:23], text[24:]} {
		n += copy(digits[n:], part)
	}
	var raw [16]byte
	if _, err := hex.Decode(raw[:], digits[:]); err != nil {
		return 0, false
	}
	high, low := binary.BigEndian.Uint64(raw[:]), binary.BigEndian.Uint64(raw[8:])
	spread := high&^0xffff | high&0xfff<<4 | low>>58&0xf
	ok = high>>12&0xf == 8 && low>>62 == 0b10 && low>>26&0xffffffff == check(spread)
	return unmix(spread), ok
}

// ParseNumber returns the number of a message from a field of a reply: decimal digits, or a UUID
// by AppendUUID.
func ParseNumber(text []byte) (number uint64, ok bool) {
	if len(text) == uuidSize {
		return ParseUUID(text)
	}
	if len(text) == 0 || len(text) > 20 {
		return 0, false
	}
	for _, b := range text {
		high, tens := bits.Mul64(number, 10)
		sum, carry := bits.Add64(tens, uint64(b-'0'), 0)
		if b < '0' || b > '9' || high != 0 || carry != 0 {
			return 0, false
		}
		number = sum
	}
	return number, true
}

// appendMessageUUID implements {{.UUID}}: its random bits depend only on the message, so that all of
// its occurrences are equal.
func appendMessageUUID(dst []byte, v *Values) []byte {
	var r rand.PCG
	r.Seed(v.Number, uint64(v.Unix))
	return AppendUUID(dst, v.Number, &r)
}

// appendRandomUUID implements {{newUUID}}: a random UUID of version 4.
func appendRandomUUID(dst []byte, r *rand.PCG) []byte {
	return appendUUID(dst, r.Uint64()&^0xf000|4<<12, r.Uint64()>>2|0b10<<62)
}

func appendUUID(dst []byte, high, low uint64) []byte {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:], high)
	binary.BigEndian.PutUint64(raw[8:], low)
	for i, end := range [...]int{4, 6, 8, 10, 16} {
		if i > 0 {
			dst = append(dst, '-')
		}
		begin := [...]int{0, 4, 6, 8, 10}[i]
		dst = hex.AppendEncode(dst, raw[begin:end])
	}
	return dst
}

// check returns the checksum of a number.
func check(spread uint64) uint64 { return mix(spread^0x7274_6265_6e63_6821) >> 32 }

// mix is a bijection: the finalizer of SplitMix64 (Steele, Lea, Flood, 2014), applied so that 0
// does not map to 0. unmix inverts it: shifts by shifts, factors by their inverse modulo 2^64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func unmix(x uint64) uint64 {
	x = (x ^ x>>31 ^ x>>62) * 0x319642b2d24d8ec3
	x = (x ^ x>>27 ^ x>>54) * 0x96de1b173f119089
	return (x ^ x>>30 ^ x>>60) - 0x9e3779b97f4a7c15
}
