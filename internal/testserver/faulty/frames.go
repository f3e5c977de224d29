package faulty

import (
	"bytes"
	"encoding/binary"
	"sync"

	"github.com/gobwas/ws"
)

// What is wrong with frames of a WebSocket (RFC 6455, section 5).

// frame is a frame as it goes out: its first byte, and its payload with the length before it.
func frame(first byte, p []byte) []byte {
	b := []byte{first}
	switch n := len(p); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, p...)
}

// framed writes one frame.
func framed(first byte, payload string) func(*stream) error {
	return writes(func() []byte { return frame(first, []byte(payload)) }, nil)
}

// tooLong is a text message over the limit.
func tooLong() []byte { return frame(0x81, bytes.Repeat([]byte{'a'}, TooLong)) }

// bomb is a text message of a few KiB that grows to Bomb bytes.
var bomb = sync.OnceValue(func() []byte { return frame(0xC1, deflate(make([]byte, Bomb))) })

// masks has each tenth reply masked, which a server's must not be.
func masks(st *stream, m message) error {
	st.fault(m, "sent masked", func(l *Ledger) { l.Sent++ })
	f := ws.MaskFrameInPlaceWith(ws.NewTextFrame(append([]byte(nil), m.p...)), [4]byte{1, 2, 3, 4})
	return st.locked(func() error { return st.raw(ws.MustCompileFrame(f)) })
}

// pings sends twenty pings before each message, the first of them as long as one may be.
func pings(st *stream, m message) error {
	b := frame(0x89, bytes.Repeat([]byte{'p'}, 125))
	for range 19 {
		b = append(b, 0x89, 1, '!')
	}
	st.c.s.ledger.count(faultDone)
	if err := st.locked(func() error { return st.raw(b) }); err != nil {
		return err
	}
	return pass(st, m)
}

// fragments is a message in frames of 3 bytes, a ping after the first: legal.
func fragments(op ws.OpCode, p []byte) []byte {
	first := p[:min(3, len(p))]
	p = p[len(first):]
	b := append(frame(byte(op), first), 0x89, 1, '?')
	for len(p) > 3 {
		b = append(b, frame(0, p[:3])...)
		p = p[3:]
	}
	return append(b, frame(0x80, p)...)
}

// compressed is a message compressed: legal where it was agreed.
func compressed(op ws.OpCode, p []byte) []byte { return frame(0xC0|byte(op), deflate(p)) }
