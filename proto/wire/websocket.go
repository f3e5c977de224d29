package wire

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"rtbench/proto"
)

// WebSocket is RFC 6455 framing after the handshake: one frame a message when
// writing; fragments, pings and close frames understood when reading.
type WebSocket struct {
	// Client masks what it writes and expects the peer's frames unmasked, as
	// section 5.1 of the RFC has it; the zero value is a server.
	Client bool
	// Text writes text messages instead of binary ones.
	Text bool
	// Limit is the longest message that is taken, in bytes; 0, or what is above
	// proto.MaxSize, means proto.MaxSize.
	Limit int

	fragments []byte
	opcode    ws.OpCode // of the message whose fragments are being gathered
	reply     []byte
}

// Append implements Framing.
func (f *WebSocket) Append(dst, p []byte) []byte {
	op := ws.OpBinary
	if f.Text {
		op = ws.OpText
	}
	return f.appendFrame(dst, op, p)
}

// AppendEnd implements Framing: a close frame with code 1000.
func (f *WebSocket) AppendEnd(dst []byte) []byte {
	return f.appendClose(dst, ws.StatusNormalClosure)
}

func (f *WebSocket) appendClose(dst []byte, code ws.StatusCode) []byte {
	return f.appendFrame(dst, ws.OpClose, binary.BigEndian.AppendUint16(nil, uint16(code)))
}

func (f *WebSocket) appendFrame(dst []byte, op ws.OpCode, p []byte) []byte {
	dst = append(dst, 0x80|byte(op))
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

// Next implements Framing.
func (f *WebSocket) Next(in []byte) (Kind, []byte, int, error) {
	h, size, ok := parseWSHeader(in)
	if !ok {
		return More, nil, 0, nil
	}
	if code := f.violation(h); code != 0 {
		err := ErrMalformed
		if code == ws.StatusMessageTooBig {
			err = ErrTooLong
		}
		f.reply = f.appendClose(f.reply[:0], code)
		return More, f.reply, 0, err
	}
	used := size + int(h.Length)
	if len(in) < used {
		return More, nil, 0, nil
	}
	p := in[size:used:used]
	if h.Masked {
		ws.Cipher(p, h.Mask, 0)
	}
	if h.OpCode.IsControl() {
		return f.control(h, p, used)
	}
	return f.data(h, p, used)
}

func (f *WebSocket) control(h ws.Header, p []byte, used int) (Kind, []byte, int, error) {
	switch h.OpCode {
	case ws.OpPing:
		f.reply = f.appendFrame(f.reply[:0], ws.OpPong, p)
		return Reply, f.reply, used, nil
	case ws.OpClose:
		return End, nil, used, nil
	default: // a pong that nobody asked for is allowed (section 5.5.3)
		return More, nil, used, nil
	}
}

func (f *WebSocket) data(h ws.Header, p []byte, used int) (Kind, []byte, int, error) {
	op := h.OpCode
	if op == ws.OpContinuation {
		op = f.opcode
	}
	if op != h.OpCode || !h.Fin {
		f.opcode = op
		f.fragments = append(f.fragments, p...)
		if !h.Fin {
			return More, nil, used, nil
		}
		p, f.fragments, f.opcode = f.fragments, f.fragments[:0], 0
	}
	if op == ws.OpText && !utf8.Valid(p) {
		f.reply = f.appendClose(f.reply[:0], ws.StatusInvalidFramePayloadData)
		return More, f.reply, used, ErrMalformed
	}
	return Message, p, used, nil
}

// violation returns the close code for a frame that breaks the RFC, or 0.
func (f *WebSocket) violation(h ws.Header) ws.StatusCode {
	control := h.OpCode.IsControl()
	gathering := f.opcode != 0
	switch {
	case h.Rsv != 0, h.OpCode.IsReserved(), h.Masked == f.Client:
		return ws.StatusProtocolError
	case control && (!h.Fin || h.Length > 125):
		return ws.StatusProtocolError
	case !control && gathering != (h.OpCode == ws.OpContinuation):
		return ws.StatusProtocolError
	case h.Length < 0 || h.Length > f.limit() || int64(len(f.fragments))+h.Length > f.limit():
		return ws.StatusMessageTooBig
	}
	return 0
}

func (f *WebSocket) limit() int64 {
	if f.Limit > 0 {
		return int64(min(f.Limit, proto.MaxSize))
	}
	return proto.MaxSize
}

// parseWSHeader reads a frame header (section 5.2) from the start of in. gobwas's
// own reader wants an io.Reader, which would have to be made anew for each frame.
func parseWSHeader(in []byte) (h ws.Header, size int, ok bool) {
	if len(in) < 2 {
		return h, 0, false
	}
	h.Fin = in[0]&0x80 != 0
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

// AtEOF implements Framing: without a close frame no end is clean.
func (f *WebSocket) AtEOF(int) error { return io.ErrUnexpectedEOF }
