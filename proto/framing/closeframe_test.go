package framing_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"rtbench/proto/framing"
)

// wsFrame returns a server's frame with any first byte.
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

// closeCode returns the code of a masked close frame: 0 if b is not one, 1005 if it has
// no code.
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

// The code of a close frame is kept and sent back.
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
		{wsFrame(0x88, "x"), false, "malformed frame: close frame with a 1-byte payload", 1002},
		{closeFrame(999, ""), false, "malformed frame: invalid close code", 1002},
		{closeFrame(1004, ""), false, "malformed frame: invalid close code", 1002},
		{closeFrame(1005, ""), false, "malformed frame: invalid close code", 1002},
		{closeFrame(1006, ""), false, "malformed frame: invalid close code", 1002},
		{closeFrame(1015, ""), false, "malformed frame: invalid close code", 1002},
		{closeFrame(2999, ""), false, "malformed frame: invalid close code", 1002},
		{closeFrame(5000, ""), false, "malformed frame: invalid close code", 1002},
		{closeFrame(1011, "\xff"), false, "malformed frame: text is not valid UTF-8", 1007},
	} {
		_, p, used, err := (&framing.WebSocket{Client: true}).Next(c.in)
		if err == nil || err.Error() != c.text || errors.Is(err, io.EOF) != c.clean || used != len(c.in) || closeCode(p) != c.answered {
			t.Errorf("% x: %v, used %d, answered % x (%d); want %s, clean %v, answered %d", c.in, err, used, p, closeCode(p), c.text, c.clean, c.answered)
		}
	}
}

// A server may still have messages when the client's close frame arrives.
func TestWebSocketServerDoesNotAnswerClose(t *testing.T) {
	t.Parallel()
	kind, p, _, err := new(framing.WebSocket).Next((&framing.WebSocket{Client: true}).AppendEnd(nil))
	if kind != framing.End || len(p) > 0 || !errors.Is(err, io.EOF) {
		t.Errorf("%d, % x, %v", kind, p, err)
	}
}

func TestWebSocketViolationReasons(t *testing.T) {
	t.Parallel()
	for name, in := range map[string][]byte{
		"reserved bits set":                       wsFrame(0xc1, ""),
		"reserved opcode":                         wsFrame(0x83, ""),
		"masked frame from a server":              (&framing.WebSocket{Client: true}).Append(nil, []byte("a")),
		"fragmented control frame":                wsFrame(0x09, ""),
		"control frame longer than 125 bytes":     wsFrame(0x89, strings.Repeat("x", 126)),
		"new message inside a fragmented message": append(wsFrame(0x01, "a"), wsFrame(0x81, "b")...),
		"continuation frame without a message":    wsFrame(0x80, "a"),
		"text is not valid UTF-8":                 append(wsFrame(0x01, "\xc3"), wsFrame(0x80, "x")...),
	} {
		_, err := feed(&framing.WebSocket{Client: true}, in, nil)
		var broken *framing.FrameError
		if !errors.As(err, &broken) || broken.Reason != name || !errors.Is(err, framing.ErrMalformed) || broken.Class() != "malformed frame: "+name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := feed(&framing.WebSocket{Client: true, Limit: 4}, wsFrame(0x82, "12345"), nil); !errors.Is(err, framing.ErrTooLong) || err.Error() != "message is longer than 4 bytes" {
		t.Errorf("too long: %v", err)
	}
}

// Fragmented messages are reassembled, and no frame exceeds Fragment.
func TestWebSocketFragmentsMessages(t *testing.T) {
	t.Parallel()
	for _, client := range []bool{false, true} {
		for n, frames := range map[int]int{0: 1, 9: 1, 10: 1, 11: 2, 30: 3, 31: 4} {
			p := strings.Repeat("ä", n)[:n]
			b := (&framing.WebSocket{Client: client, Fragment: 10}).Append(nil, []byte(p))
			if head := map[bool]int{false: 2, true: 6}[client]; len(b) != n+frames*head {
				t.Errorf("%d bytes became % x, want %d frames", n, b, frames)
			}
			got, err := feed(&framing.WebSocket{Client: !client}, b, []int{3})
			if err != nil || len(got) != 1 || got[0] != "1 "+p {
				t.Errorf("%d bytes: %q, %v", n, got, err)
			}
		}
	}
}
