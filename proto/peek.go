package proto

import "encoding/binary"

// PeekHeader reads the header that message p begins with, in the text or the binary form, and
// verifies nothing: to tell a damaged message from one of another kind. Fields is how many of
// sequence, intended, sent and stream p is long enough for; the others mean nothing.
func PeekHeader(p []byte, text bool) (h Header, fields int) {
	var raw [HeaderSize]byte
	n := min(len(p), HeaderSize)
	if text {
		n = decodeAny(&raw, p)
	} else {
		copy(raw[:], p)
	}
	h = Header{
		Seq:      binary.BigEndian.Uint64(raw[:]),
		Intended: int64(binary.BigEndian.Uint64(raw[8:])),
		Sent:     int64(binary.BigEndian.Uint64(raw[16:])),
		Stream:   binary.BigEndian.Uint32(raw[24:]),
	}
	return h, min(n/8, 3) + n/28
}

// decodeAny decodes as much base64 as there is, and returns how many bytes that makes. A letter
// that is none of base64's stands for 0.
func decodeAny(raw *[HeaderSize]byte, p []byte) int {
	if len(p) >= TextHeaderSize {
		if n, err := headerText.Decode(raw[:], p[:TextHeaderSize]); err == nil {
			return n
		}
	}
	var bits uint32
	n := 0
	for i := range min(len(p), TextHeaderSize) {
		bits = bits<<6 | uint32(sixBits[p[i]])
		if i%4 == 0 || n == HeaderSize {
			continue
		}
		raw[n] = byte(bits >> (6 - 2*(i%4)))
		n++
	}
	return n
}

// sixBits are what the letters of base64 stand for.
var sixBits = func() (table [256]byte) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range len(letters) {
		table[letters[i]] = byte(i)
	}
	return table
}()
