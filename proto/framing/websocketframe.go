package framing

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/gobwas/ws"
)

// Bits of a frame's first byte (section 5.2).
const (
	fin  = 0x80
	rsv1 = 0x40
)

// appendFrame appends a frame that starts with the byte first.
func (f *WebSocket) appendFrame(dst []byte, first byte, p []byte) []byte {
	dst = append(dst, first)
	var masked byte
	if f.Client {
		masked = 0x80
	}
	switch n := len(p); {
	case n < 126:
		dst = append(dst, masked|byte(n))
	case n <= 0xffff:
		dst = binary.BigEndian.AppendUint16(append(dst, masked|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, masked|127), uint64(n))
	}
	if !f.Client {
		return append(dst, p...)
	}
	var mask [4]byte
	binary.NativeEndian.PutUint32(mask[:], rand.Uint32())
	dst = append(dst, mask[:]...)
	start := len(dst)
	dst = append(dst, p...)
	ws.Cipher(dst[start:], mask, 0)
	return dst
}

// parseWSHeader parses a frame header (section 5.2) at the start of in. The gobwas parser
// would need a new io.Reader for each frame.
func parseWSHeader(in []byte) (h ws.Header, size int, ok bool) {
	if len(in) < 2 {
		return h, 0, false
	}
	h.Fin = in[0]&fin != 0
	h.Rsv = in[0] >> 4 & 7
	h.OpCode = ws.OpCode(in[0] & 0x0f)
	h.Masked = in[1]&0x80 != 0
	size = 2
	switch n := in[1] & 0x7f; n {
	case 126:
		size += 2
		if len(in) < size {
			return h, 0, false
		}
		h.Length = int64(binary.BigEndian.Uint16(in[2:]))
	case 127:
		size += 8
		if len(in) < size {
			return h, 0, false
		}
		h.Length = int64(binary.BigEndian.Uint64(in[2:]))
	default:
		h.Length = int64(n)
	}
	if h.Masked {
		if len(in) < size+4 {
			return h, 0, false
		}
		copy(h.Mask[:], in[size:])
		size += 4
	}
	return h, size, true
}
