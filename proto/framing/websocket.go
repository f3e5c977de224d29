package framing

import (
	"errors"
	"io"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"rtbench/proto/deflate"
)

// WebSocket is the framing of RFC 6455 after the handshake. It writes each message as one
// frame unless Fragment is set, and reads fragments, pings and close frames.
type WebSocket struct {
	// Client masks written frames and requires unmasked ones (section 5.1); the zero
	// value is a server. A client answers the server's close frame at once. A server does
	// not, since it may have messages left to send.
	Client bool
	// Text writes text messages instead of binary ones.
	Text bool
	// Mirror sets Text to the type of each received message, for an echo.
	Mirror bool
	// TextOnly rejects binary messages with close code 1003.
	TextOnly bool
	// EmptyEnd, unless 0, makes the client end its messages with an empty message of this type.
	// Most libraries answer a close frame at once, even if replies are outstanding.
	EmptyEnd ws.OpCode
	opcode   ws.OpCode // of the fragmented message being read
	deflated bool      // that message is compressed

	// Limit is the longest accepted message in bytes; 0 means proto.MaxSize.
	Limit int
	// Fragment is the longest payload of a written frame in bytes; 0 means one frame per
	// message.
	Fragment int
	// Deflate holds the negotiated parameters of permessage-deflate; nil means none. If
	// it is set, the output of Append is valid on this connection only.
	Deflate *deflate.Params
	// Pong is called for each pong; it may be nil. It must not use the connection.
	Pong func()

	compressor *deflate.Compressor // nil before the first message
	rare       *rareReads          // nil before the first
}

// rareReads is the state of what many connections never receive.
type rareReads struct {
	fragments    []byte
	reply        []byte                // to a ping or a close frame
	decompressor *deflate.Decompressor // nil before the first compressed message
}

// rarely returns f.rare, and makes it if there is none.
func (f *WebSocket) rarely() *rareReads {
	if f.rare == nil {
		f.rare = new(rareReads)
	}
	return f.rare
}

// Append implements Framing.
func (f *WebSocket) Append(dst, p []byte) []byte {
	op := ws.OpBinary
	if f.Text {
		op = ws.OpText
	}
	if f.Deflate != nil || f.Fragment > 0 {
		return f.appendMessage(dst, op, p)
	}
	return f.appendFrame(dst, fin|byte(op), p)
}

// OtherType returns the type that messages do not have, for EmptyEnd: binary if they are text.
func OtherType(text bool) ws.OpCode {
	if text {
		return ws.OpBinary
	}
	return ws.OpText
}

// appendMessage appends a message that is compressed or may need several frames.
func (f *WebSocket) appendMessage(dst []byte, op ws.OpCode, p []byte) []byte {
	first := byte(op)
	if f.Deflate != nil {
		if f.compressor == nil {
			f.compressor = f.Deflate.Compressor(f.Client)
		}
		p = f.compressor.Compress(p)
		first |= rsv1
	}
	for f.Fragment > 0 && len(p) > f.Fragment {
		dst = f.appendFrame(dst, first, p[:f.Fragment])
		p, first = p[f.Fragment:], byte(ws.OpContinuation)
	}
	return f.appendFrame(dst, fin|first, p)
}

// AppendPing appends a ping.
func (f *WebSocket) AppendPing(dst []byte) []byte {
	return f.appendFrame(dst, fin|byte(ws.OpPing), nil)
}

// AppendEnd implements Framing. It appends a close frame with code 1000, or the client's EmptyEnd.
func (f *WebSocket) AppendEnd(dst []byte) []byte {
	if f.Client && f.EmptyEnd != 0 {
		return f.appendFrame(dst, fin|byte(f.EmptyEnd), nil)
	}
	return f.AppendClose(dst, int(ws.StatusNormalClosure))
}

// Next implements Framing.
func (f *WebSocket) Next(in []byte) (Kind, []byte, int, error) {
	h, size, ok := parseWSHeader(in)
	if !ok {
		return More, nil, 0, nil
	}
	if err := f.violation(h); err != nil {
		return f.giveUp(0, err)
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
		r := f.rarely()
		r.reply = f.appendFrame(r.reply[:0], fin|byte(ws.OpPong), p)
		return Reply, r.reply, used, nil
	case ws.OpClose:
		return f.closed(p, used)
	default: // unsolicited pongs are allowed (section 5.5.3)
		if f.Pong != nil {
			f.Pong()
		}
		return More, nil, used, nil
	}
}

func (f *WebSocket) data(h ws.Header, p []byte, used int) (Kind, []byte, int, error) {
	op := h.OpCode
	if op == ws.OpContinuation {
		op = f.opcode
	}
	if op != h.OpCode || !h.Fin || h.Rsv != 0 {
		if op == h.OpCode {
			f.opcode, f.deflated = op, h.Rsv != 0
		}
		r := f.rarely()
		r.fragments = append(r.fragments, p...)
		if !h.Fin {
			return More, nil, used, nil
		}
		var err error
		if p, err = f.gathered(); err != nil {
			return f.giveUp(used, err)
		}
	}
	switch {
	case len(p) == 0 && op == f.EmptyEnd && !f.Client:
		return End, nil, used, nil
	case op == ws.OpText && !utf8.Valid(p):
		return f.giveUp(used, errNotUTF8)
	case op == ws.OpBinary && f.TextOnly:
		return f.giveUp(used, errBinary)
	case f.Mirror:
		f.Text = op == ws.OpText
	}
	return Message, p, used, nil
}

// gathered returns the message after its last fragment.
func (f *WebSocket) gathered() ([]byte, error) {
	r := f.rarely()
	p, deflated := r.fragments, f.deflated
	r.fragments, f.opcode, f.deflated = r.fragments[:0], 0, false
	if !deflated {
		return p, nil
	}
	if r.decompressor == nil {
		r.decompressor = f.Deflate.Decompressor(f.Client)
	}
	r.fragments = append(p, deflate.Tail...)
	p, r.fragments = r.fragments, r.fragments[:0]
	p, err := r.decompressor.Decompress(p, f.limit())
	switch {
	case errors.Is(err, deflate.ErrTooLong):
		return nil, TooLong(f.limit())
	case err != nil:
		return nil, errCorrupt
	}
	return p, nil
}

// violation returns the rule of the RFC that a frame breaks, or nil.
func (f *WebSocket) violation(h ws.Header) error {
	control := h.OpCode.IsControl()
	gathering := f.opcode != 0
	switch {
	case h.Rsv != 0 && !f.deflates(h):
		return errReservedBits
	case h.OpCode.IsReserved():
		return errReservedOpcode
	case h.Masked == f.Client:
		return f.wrongMask()
	case control && !h.Fin:
		return errControlFragment
	case control && uint64(h.Length) > 125: // a length of 2⁶³ or more is negative
		return errControlLong
	case control:
		return nil
	case gathering && h.OpCode != ws.OpContinuation:
		return errInsideMessage
	case !gathering && h.OpCode == ws.OpContinuation:
		return errNoMessage
	}
	limit := int64(f.limit())
	if h.Rsv != 0 || f.deflated {
		limit = int64(deflate.MaxCompressed(f.limit()))
	}
	if h.Length < 0 || h.Length > limit || gathering && int64(len(f.rare.fragments))+h.Length > limit {
		return TooLong(f.limit())
	}
	return nil
}

// deflates reports whether the reserved bits of a frame are valid for permessage-deflate:
// RSV1 alone, on the first frame of a message (RFC 7692, section 6).
func (f *WebSocket) deflates(h ws.Header) bool {
	return f.Deflate != nil && h.Rsv == rsv1>>4 && (h.OpCode == ws.OpText || h.OpCode == ws.OpBinary)
}

func (f *WebSocket) wrongMask() error {
	if f.Client {
		return errMasked
	}
	return errUnmasked
}

func (f *WebSocket) limit() int { return orMaxSize(f.Limit) }

func (f *WebSocket) maxEventSize() int {
	if f.Deflate != nil {
		return deflate.MaxCompressed(f.limit()) + ws.MaxHeaderSize
	}
	return f.limit() + ws.MaxHeaderSize
}

// replies implements replying: pongs and close frames.
func (f *WebSocket) replies() {}

// AtEOF implements Framing. Without a close frame, the end is not clean.
func (f *WebSocket) AtEOF(int) error { return io.ErrUnexpectedEOF }
