package proto

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// PeekHeader parses the header at the beginning of p, in text or binary form, without
// verifying the checksum, to tell a damaged message from one of another sender. fields is
// the number of fields that p is long enough for, in the order sequence, intended, sent,
// stream; the others are undefined.
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

// decodeAny decodes the base64 at the beginning of p and returns the number of bytes. A
// byte outside the alphabet counts as zero bits.
func decodeAny(raw *[HeaderSize]byte, p []byte) int {
	if len(p) >= TextHeaderSize {
		if n, err := headerText.Decode(raw[:], p[:TextHeaderSize]); err == nil {
			return n
		}
	}
	var text [TextHeaderSize]byte
	n := copy(text[:], p)
	if n%4 == 1 {
		n-- // not yet a byte
	}
	for i, b := range text[:n] {
		if strings.IndexByte(letters, b) < 0 {
			text[i] = 'A'
		}
	}
	n, _ = base64.RawStdEncoding.Decode(raw[:], text[:n])
	return n
}

// letters is the alphabet of base64 (RFC 4648, section 4).
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
