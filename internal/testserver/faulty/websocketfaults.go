package faulty

import (
	"bytes"
	"strings"
	"sync"

	"github.com/gobwas/ws"
)

// Faults of WebSocket frames (RFC 6455, section 5). The stream stays open; the client must end it.
var websocketFaults = []row{
	{name: "reserved bit", over: classes{"websocket": "malformed frame: reserved bits set"}, onMessage: afterN(writeFrame(0xA1, "x"))},
	{name: "compressed without negotiation", over: classes{"websocket": "malformed frame: reserved bits set"}, onMessage: afterN(write(func() []byte { return frame(0xC1, deflate([]byte("x"))) }, nil))},
	{name: "reserved opcode", over: classes{"websocket": "malformed frame: reserved opcode"}, onMessage: afterN(writeFrame(0x83, "x"))},
	{name: "reserved control opcode", over: classes{"websocket": "malformed frame: reserved opcode"}, onMessage: afterN(writeFrame(0x8B, ""))},
	{name: "masked frames", over: classes{"websocket": "malformed frame: masked frame from a server"}, onMessage: everyTenth(maskReply)},
	{name: "text that is not UTF-8", over: classes{"websocket": "malformed frame: text is not valid UTF-8"}, onMessage: afterN(writeFrame(0x81, "\xC3\x28"))},
	{name: "continuation without a message", over: classes{"websocket": "malformed frame: continuation frame without a message"}, onMessage: afterN(writeFrame(0x80, "x"))},
	{name: "message within a message", over: classes{"websocket": "malformed frame: new message inside a fragmented message"}, onMessage: afterN(write(constant("\x01\x01x\x81\x01y"), nil))},
	{name: "ping of 126 bytes", over: classes{"websocket": "malformed frame: control frame longer than 125 bytes"}, onMessage: afterN(writeFrame(0x89, strings.Repeat("p", 126)))},
	{name: "fragmented ping", over: classes{"websocket": "malformed frame: fragmented control frame"}, onMessage: afterN(writeFrame(0x09, "p"))},
	{name: "frame of 2^62 bytes", over: classes{"websocket": "message too long"}, onMessage: afterN(write(constant("\x82\x7F\x40\x00\x00\x00\x00\x00\x00\x00abc"), nil))},
	{name: "length with its highest bit set", over: classes{"websocket": "message too long"}, onMessage: afterN(write(constant("\x82\x7F\xC0\x00\x00\x00\x00\x00\x00\x00abc"), nil))},
	{name: "message over the limit", over: classes{"websocket": "message too long"}, onMessage: afterN(write(longMessageFrame, nil))},
	{name: "endless fragments", over: classes{"websocket": "message too long"}, onMessage: afterN(writeEndlessly("\x01\x00", "\x00\x7D"+strings.Repeat("a", 125)))},
	{name: "compression bomb", over: classes{"websocket": "message too long"}, deflate: true, onMessage: afterN(write(compressionBomb, nil))},
	{name: "compressed garbage", over: classes{"websocket": "malformed frame: compressed data is corrupt"}, deflate: true, onMessage: afterN(writeFrame(0xC1, "\xFF\xFF\xFF"))},
	{name: "cuts mid-frame", over: classes{"websocket": "connection closed by the server"}, onMessage: afterN(write(constant("\x81\x64ten bytes."), cut))},
	{name: "resets mid-frame", over: classes{"websocket": "connection reset"}, onMessage: afterN(write(constant("\x81\x64ten bytes."), reset))},
	{name: "one-byte close frame", over: classes{"websocket": "malformed frame: close frame with a 1-byte payload"}, onMessage: afterN(write(constant("\x88\x01\x03"), keepReading))},
	{name: "close with 1005", over: classes{"websocket": "malformed frame: invalid close code"}, onMessage: afterN(write(constant("\x88\x02\x03\xED"), keepReading))},
	{name: "close whose reason is not UTF-8", over: classes{"websocket": "malformed frame: text is not valid UTF-8"}, onMessage: afterN(write(constant("\x88\x04\x03\xE8\xC3\x28"), keepReading))},
	{name: "closes and stays connected", over: classes{"websocket": ""}, onMessage: afterN(write(constant("\x88\x02\x03\xE8"), keepReading))},
	{name: "closes in the middle of a message", over: classes{"websocket": ""}, onMessage: afterN(write(constant("\x01\x01x\x88\x02\x03\xE8"), keepReading))},
	{name: "floods with pings", over: classes{"websocket": ""}, onMessage: sendPings},
	{name: "never answers a close frame", over: classes{"websocket": ""}, ignoreClose: true},
}

// frame encodes an unmasked frame with the given first byte.
func frame(first byte, p []byte) []byte {
	h := ws.Header{Fin: first&0x80 != 0, Rsv: first >> 4 & 7, OpCode: ws.OpCode(first & 0xF), Length: int64(len(p))}
	return ws.MustCompileFrame(ws.Frame{Header: h, Payload: p})
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
