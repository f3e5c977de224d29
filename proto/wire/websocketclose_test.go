package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"rtbench/proto/wire"
)

// wsFrame is a frame as a server writes it, whatever is in its first byte.
func wsFrame(first byte, p string) []byte {
	b := []byte{first, byte(len(p))}
	if len(p) > 125 {
		b = binary.BigEndian.AppendUint16([]byte{first, 126}, uint16(len(p)))
	}
	return append(b, p...)
}

func closeFrame(code int, reason string) []byte {
	return wsFrame(0x88, string(binary.BigEndian.AppendUint16(nil, uint16(code)))+reason)
}

// closeCode is the code of a masked close frame, 0 where b is none, 1005 where it has none.
func closeCode(b []byte) int {
	if len(b) < 6 || b[0] != 0x88 || b[1]&0x80 == 0 || len(b) != 6+int(b[1]&0x7f) {
		return 0
	}
	p := bytes.Clone(b[6:])
	ws.Cipher(p, [4]byte(b[2:6]), 0)
	if len(p) == 0 {
		return 1005
	}
	return int(binary.BigEndian.Uint16(p))
}

// A close frame is an end of which the code is kept, and is answered by the same code.
func TestWebSocketCloseCodes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 61) + "x"
	for _, c := range []struct {
		in       []byte
		clean    bool
		text     string
		answered int
	}{
		{closeFrame(1000, ""), true, "closed by the server: 1000 normal closure", 1000},
		{closeFrame(1001, "bye"), true, "closed by the server: 1001 going away: bye", 1001},
		{wsFrame(0x88, ""), true, "closed by the server: 1005 no status received", 1005},
		{closeFrame(1011, "no\r\ndatabase"), false, "closed by the server: 1011 internal error: no??database", 1011},
		{closeFrame(1013, ""), false, "closed by the server: 1013 try again later", 1013},
		{closeFrame(4001, long), false, "closed by the server: 4001: " + long, 4001},
		{wsFrame(0x88, "x"), false, "malformed frame: close frame of one byte", 1002},
		{closeFrame(999, ""), false, "malformed frame: close code that may not be sent", 1002},
		{closeFrame(1004, ""), false, "malformed frame: close code that may not be sent", 1002},
		{closeFrame(1005, ""), false, "malformed frame: close code that may not be sent", 1002},
		{closeFrame(1006, ""), false, "malformed frame: close code that may not be sent", 1002},
		{closeFrame(1015, ""), false, "malformed frame: close code that may not be sent", 1002},
		{closeFrame(2999, ""), false, "malformed frame: close code that may not be sent", 1002},
		{closeFrame(5000, ""), false, "malformed frame: close code that may not be sent", 1002},
		{closeFrame(1011, "\xff"), false, "malformed frame: text is not UTF-8", 1007},
	} {
		_, p, used, err := (&wire.WebSocket{Client: true}).Next(c.in)
		if err == nil || err.Error() != c.text || errors.Is(err, io.EOF) != c.clean || used != len(c.in) || closeCode(p) != c.answered {
			t.Errorf("% x: %v, used %d, answered % x (%d); want %s, clean %v, answered %d", c.in, err, used, p, closeCode(p), c.text, c.clean, c.answered)
		}
	}
}

// A client answers the server's close frame once, and sends nothing behind it.
func TestWebSocketClientAnswersTheClose(t *testing.T) {
	t.Parallel()
	for _, looped := range []bool{false, true} {
		for _, first := range []bool{false, true} {
			a, b := pair(t)
			c := wire.NewConn(a, &wire.WebSocket{Client: true}, nil)
			ended := make(chan error, 1)
			if looped {
				if err := c.Drive(newLoop(t), endOnly{ended}); err != nil {
					t.Fatal(err)
				}
			}
			if first { // the client has said it already
				if err := c.CloseWith((&wire.WebSocket{Client: true}).AppendClose(nil, 4000)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := b.Write(closeFrame(1011, "oops")); err != nil {
				t.Fatal(err)
			}
			if !looped {
				_, err := c.Recv()
				ended <- err
			}
			var said *wire.CloseError
			if err := <-ended; !errors.As(err, &said) || said.Code != 1011 || said.Reason != "oops" {
				t.Fatalf("looped %v: the stream ended with %v", looped, err)
			}
			want := wire.ErrPeerEnded
			if first {
				want = wire.ErrSendAfterEnd
			}
			if err := c.Send([]byte("late")); !errors.Is(err, want) {
				t.Errorf("Send after the end: %v, want %v", err, want)
			}
			if err := c.CloseSend(); err != nil {
				t.Errorf("CloseSend after the end: %v", err)
			}
			_ = c.Close()
			all, err := io.ReadAll(b)
			code := map[bool]int{false: 1011, true: 4000}[first]
			if err != nil || closeCode(all) != code {
				t.Errorf("looped %v, first %v: the server was sent % x, %v; want one close frame with %d", looped, first, all, err, code)
			}
		}
	}
}

// A Send that waits for a peer that reads nothing does not keep Recv from the peer's end.
func TestWebSocketEndIsNotHeldUpBySend(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	c := wire.NewConn(a, &wire.WebSocket{Client: true}, nil)
	sent := make(chan error, 1)
	go func() {
		p := make([]byte, 1<<20)
		for {
			if err := c.Send(p); err != nil {
				sent <- err
				return
			}
		}
	}()
	if _, err := io.ReadFull(b, make([]byte, 1<<20)); err != nil { // it sends, and then waits
		t.Fatal(err)
	}
	if _, err := b.Write(closeFrame(1001, "")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("Recv: %v", err)
	}
	_ = c.Close()
	if err := <-sent; err == nil {
		t.Error("Send went on after Close")
	}
}

// A server has messages yet when the client has sent its last.
func TestWebSocketServerDoesNotAnswerTheClose(t *testing.T) {
	t.Parallel()
	kind, p, _, err := new(wire.WebSocket).Next((&wire.WebSocket{Client: true}).AppendEnd(nil))
	if kind != wire.End || len(p) > 0 || !errors.Is(err, io.EOF) {
		t.Errorf("%d, % x, %v", kind, p, err)
	}
}

// endOnly is a handler that tells the end.
type endOnly struct{ ended chan error }

func (endOnly) Message([]byte, int64) {}
func (e endOnly) Ended(err error)     { e.ended <- err }

func TestWebSocketErrorsAreNamed(t *testing.T) {
	t.Parallel()
	for name, in := range map[string][]byte{
		"reserved bits set":                              wsFrame(0xc1, ""),
		"reserved opcode":                                wsFrame(0x83, ""),
		"masked frame from a server":                     (&wire.WebSocket{Client: true}).Append(nil, []byte("a")),
		"control frame in fragments":                     wsFrame(0x09, ""),
		"control frame longer than 125 bytes":            wsFrame(0x89, strings.Repeat("x", 126)),
		"new message before the end of one in fragments": append(wsFrame(0x01, "a"), wsFrame(0x81, "b")...),
		"continuation of no message":                     wsFrame(0x80, "a"),
		"text is not UTF-8":                              append(wsFrame(0x01, "\xc3"), wsFrame(0x80, "x")...),
	} {
		_, err := feed(&wire.WebSocket{Client: true}, in, nil)
		var broken *wire.FrameError
		if !errors.As(err, &broken) || broken.What != name || !errors.Is(err, wire.ErrMalformed) || broken.Class() != "malformed frame: "+name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := feed(&wire.WebSocket{Client: true, Limit: 4}, wsFrame(0x82, "12345"), nil); !errors.Is(err, wire.ErrTooLong) || err.Error() != "message is longer than 4 bytes" {
		t.Errorf("too long: %v", err)
	}
}

// A message in frames is read as it is, and no frame is longer than said.
func TestWebSocketFragmentsWhatItSends(t *testing.T) {
	t.Parallel()
	for _, client := range []bool{false, true} {
		for n, frames := range map[int]int{0: 1, 9: 1, 10: 1, 11: 2, 30: 3, 31: 4} {
			p := strings.Repeat("ä", n)[:n]
			b := (&wire.WebSocket{Client: client, Fragment: 10}).Append(nil, []byte(p))
			if head := map[bool]int{false: 2, true: 6}[client]; len(b) != n+frames*head {
				t.Errorf("%d bytes became % x, want %d frames", n, b, frames)
			}
			got, err := feed(&wire.WebSocket{Client: !client}, b, []int{3})
			if err != nil || len(got) != 1 || got[0] != "1 "+p {
				t.Errorf("%d bytes: %q, %v", n, got, err)
			}
		}
	}
}
