package template

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"slices"
)

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// appendLetters appends n letters and digits.
func appendLetters(dst []byte, n int, r *rand.PCG) []byte {
	dst = slices.Grow(dst, n)
	for n > 0 {
		drawn := r.Uint64()
		// Eight draws of 62 use 48 bits, so that the bias of the last one is negligible.
		for range min(n, 8) {
			var letter uint64
			letter, drawn = bits.Mul64(drawn, uint64(len(letters)))
			dst = append(dst, letters[letter])
		}
		n -= 8
	}
	return dst
}

// appendBody appends n random lower-case letters, different for each message, so that compression
// finds no repeats; they compress to about 0.6 of their length. Eight are drawn at a time, with
// five bits each; the last six values wrap around.
func appendBody(dst []byte, n int, r *rand.PCG) []byte {
	if n <= 0 {
		return dst
	}
	at := len(dst)
	dst = slices.Grow(dst, n)[:at+n]
	const each = 0x0101010101010101
	state := r.Uint64() | 1
	for b := dst[at:]; ; b = b[8:] {
		// Xorshift (Marsaglia, 2003) is good enough for filler and twice as fast as PCG.
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		five := state & (each * 0x1f)
		fold := (five + each*6) & (each * 0x20)
		eight := five + each*'a' - fold>>1
		if len(b) < 8 {
			for i := range b {
				b[i] = byte(eight >> (8 * i))
			}
			return dst
		}
		binary.LittleEndian.PutUint64(b, eight)
	}
}
