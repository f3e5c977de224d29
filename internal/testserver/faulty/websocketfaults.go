package faulty

import (
	"bytes"
	"encoding/binary"
	"strings"
	"sync"

	"github.com/gobwas/ws"
)

// Faults of WebSocket frames (RFC 6455, section 5). The stream stays open; the client must end it.
var websocketFaults = []row{
	{websocketOnly, "reserved bit", "malformed frame: reserved bits set", false, behavior{onMessage: afterN(writeFrame(0xA1, "x"))}},
	{websocketOnly, "compressed without negotiation", "malformed frame: reserved bits set", false, behavior{onMessage: afterN(write(func() []byte { return frame(0xC1, deflate([]byte("x"))) }, nil))}},
	{websocketOnly, "reserved opcode", "malformed frame: reserved opcode", false, behavior{onMessage: afterN(writeFrame(0x83, "x"))}},
	{websocketOnly, "reserved control opcode", "malformed frame: reserved opcode", false, behavior{onMessage: afterN(writeFrame(0x8B, ""))}},
	{websocketOnly, "masked frames", "malformed frame: masked frame from a server", false, behavior{onMessage: everyTenth(maskReply)}},
	{websocketOnly, "text that is not UTF-8", "malformed frame: text is not valid UTF-8", false, behavior{onMessage: afterN(writeFrame(0x81, "\xC3\x28"))}},
	{websocketOnly, "continuation without a message", "malformed frame: continuation frame without a message", false, behavior{onMessage: afterN(writeFrame(0x80, "x"))}},
	{websocketOnly, "message within a message", "malformed frame: new message inside a fragmented message", false, behavior{onMessage: afterN(write(constant("\x01\x01x\x81\x01y"), nil))}},
	{websocketOnly, "ping of 126 bytes", "malformed frame: control frame longer than 125 bytes", false, behavior{onMessage: afterN(writeFrame(0x89, strings.Repeat("p", 126)))}},
	{websocketOnly, "fragmented ping", "malformed frame: fragmented control frame", false, behavior{onMessage: afterN(writeFrame(0x09, "p"))}},
	{websocketOnly, "frame of 2^62 bytes", "message too long", false, behavior{onMessage: afterN(write(constant("\x82\x7F\x40\x00\x00\x00\x00\x00\x00\x00abc"), nil))}},
	{websocketOnly, "length with its highest bit set", "message too long", false, behavior{onMessage: afterN(write(constant("\x82\x7F\xC0\x00\x00\x00\x00\x00\x00\x00abc"), nil))}},
	{websocketOnly, "message over the limit", "message too long", false, behavior{onMessage: afterN(write(longMessageFrame, nil))}},
	{websocketOnly, "endless fragments", "message too long", false, behavior{onMessage: afterN(writeEndlessly("\x01\x00", "\x00\x7D"+strings.Repeat("a", 125)))}},
	{websocketOnly, "compression bomb", "message too long", false, behavior{deflate: true, onMessage: afterN(write(compressionBomb, nil))}},
	{websocketOnly, "compressed garbage", "malformed frame: compressed data is corrupt", false, behavior{deflate: true, onMessage: afterN(writeFrame(0xC1, "\xFF\xFF\xFF"))}},
	{websocketOnly, "cuts mid-frame", "connection closed by the server", false, behavior{onMessage: afterN(write(constant("\x81\x64ten bytes."), cut))}},
	{websocketOnly, "resets mid-frame", "connection reset", false, behavior{onMessage: afterN(write(constant("\x81\x64ten bytes."), reset))}},
	{websocketOnly, "one-byte close frame", "malformed frame: close frame with a 1-byte payload", false, behavior{onMessage: afterN(write(constant("\x88\x01\x03"), keepReading))}},
	{websocketOnly, "close with 1005", "malformed frame: invalid close code", false, behavior{onMessage: afterN(write(constant("\x88\x02\x03\xED"), keepReading))}},
	{websocketOnly, "close whose reason is not UTF-8", "malformed frame: text is not valid UTF-8", false, behavior{onMessage: afterN(write(constant("\x88\x04\x03\xE8\xC3\x28"), keepReading))}},
	{websocketOnly, "closes and stays connected", "", false, behavior{onMessage: afterN(write(constant("\x88\x02\x03\xE8"), keepReading))}},
	{websocketOnly, "closes in the middle of a message", "", false, behavior{onMessage: afterN(write(constant("\x01\x01x\x88\x02\x03\xE8"), keepReading))}},
	{websocketOnly, "floods with pings", "", false, behavior{onMessage: sendPings}},
	{websocketOnly, "never answers a close frame", "", false, behavior{ignoreClose: true}},
}

// frame encodes an unmasked frame with the given first byte.
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

func writeFrame(first byte, payload string) func(*stream) error {
	return write(func() []byte { return frame(first, []byte(payload)) }, nil)
}

func longMessageFrame() []byte { return frame(0x81, bytes.Repeat([]byte{'a'}, TooLong)) }

// compressionBomb returns a text message of a few KiB that decompresses to Bomb bytes.
var compressionBomb = sync.OnceValue(func() []byte { return frame(0xC1, deflate(make([]byte, Bomb))) })

// maskReply masks a reply, which servers must not do.
func maskReply(st *stream, m message) error {
	st.fault(m, "sent masked", func(l *Ledger) { l.Sent++ })
	f := ws.MaskFrameInPlaceWith(ws.NewTextFrame(append([]byte(nil), m.p...)), [4]byte{1, 2, 3, 4})
	return st.locked(func() error { return st.raw(ws.MustCompileFrame(f)) })
}

// sendPings sends twenty pings before each message, the first of maximum length.
func sendPings(st *stream, m message) error {
	b := frame(0x89, bytes.Repeat([]byte{'p'}, 125))
	for range 19 {
		b = append(b, 0x89, 1, '!')
	}
	st.c.s.ledger.count(faultDone)
	if err := st.locked(func() error { return st.raw(b) }); err != nil {
		return err
	}
	return forward(st, m)
}

// fragmented encodes a message in 3-byte frames with a ping after the first: legal.
func fragmented(op ws.OpCode, p []byte) []byte {
	first := p[:min(3, len(p))]
	p = p[len(first):]
	b := append(frame(byte(op), first), 0x89, 1, '?')
	for len(p) > 3 {
		b = append(b, frame(0, p[:3])...)
		p = p[3:]
	}
	return append(b, frame(0x80, p)...)
}

// compressed encodes a compressed message: legal if negotiated.
func compressed(op ws.OpCode, p []byte) []byte { return frame(0xC0|byte(op), deflate(p)) }

// wrongAccept upgrades with the accept value of another key.
func wrongAccept(x *exchange) {
	x.fault()
	x.upgrade(acceptKey("bm90IHRoZSBrZXkgaGVyZQ=="))
}

// unofferedSubprotocol chooses a subprotocol that was not offered.
func unofferedSubprotocol(x *exchange) {
	x.fault()
	x.upgrade(acceptKey(x.r.Header.Get("Sec-WebSocket-Key")), "Sec-WebSocket-Protocol: unheard.of")
}

// unofferedExtension accepts an extension that was not offered.
func unofferedExtension(x *exchange) {
	x.fault()
	x.upgrade(acceptKey(x.r.Header.Get("Sec-WebSocket-Key")), "Sec-WebSocket-Extensions: x-unheard-of")
}
