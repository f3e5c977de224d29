//go:build linux

package thirdparty

import (
	"bytes"
	"compress/flate"
	"crypto/rand"
	"io"
	"net"
	"testing"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// Everyone in a room receives each message.
func TestRoom(t *testing.T) {
	t.Parallel()
	s := Start(t, "node-ws")
	var room []net.Conn
	for range 5 {
		room = append(room, mustDial(t, s, "/room"))
	}
	for i, c := range room {
		write(t, c, string(rune('a'+i)))
		for _, each := range room {
			if message, _ := read(t, each); string(message) != string(rune('a'+i)) {
				t.Fatalf("got %q, expected %q", message, rune('a'+i))
			}
		}
	}
	for _, c := range room {
		hangUp(t, c, 1000)
	}
	check(t, "/room", s.Ledger(t).Routes["/room"], 5, 5, 25, map[string]int{"1000": 5})
}

// The server sends pings and counts the pongs.
func TestPings(t *testing.T) {
	t.Parallel()
	s := Start(t, "node-ws")
	c := mustDial(t, s, "/echo")
	frame := readFrame(t, c)
	if frame.Header.OpCode != ws.OpPing {
		t.Fatalf("got %+v, expected a ping", frame.Header)
	}
	if err := ws.WriteFrame(c, ws.MaskFrame(ws.NewPongFrame(frame.Payload))); err != nil {
		t.Fatal(err)
	}
	hangUp(t, c, 1000)
	if l := s.Ledger(t); l.Pings < 1 || l.Pongs < 1 {
		t.Errorf("%d pings, %d pongs, expected some", l.Pings, l.Pongs)
	}
}

// A server with permessage-deflate keeps its window across messages: the second copy of
// incompressible data is a back reference (RFC 7692, 7.2.3.2).
func TestContextTakeover(t *testing.T) {
	for _, name := range []string{"python-websockets", "node-ws"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Start(t, name)
			offer := httphead.Option{Name: []byte("permessage-deflate")}
			c, hs, err := dial(t, s, "/echo", ws.Dialer{Extensions: []httphead.Option{offer}})
			if err != nil {
				t.Fatal(err)
			}
			if len(hs.Extensions) != 1 || string(hs.Extensions[0].Name) != "permessage-deflate" {
				t.Fatalf("it negotiated %v, expected permessage-deflate", hs.Extensions)
			}
			message := make([]byte, 1500)
			_, _ = rand.Read(message)
			var stream bytes.Buffer
			var sizes []int
			for range 2 {
				if err := wsutil.WriteClientBinary(c, message); err != nil {
					t.Fatal(err)
				}
				n := compressed(t, c, &stream)
				sizes = append(sizes, n)
			}
			if sizes[1] > sizes[0]/4 {
				t.Errorf("the second message took %d bytes, the first %d: the window was not kept", sizes[1], sizes[0])
			}
			plain, err := io.ReadAll(io.LimitReader(flate.NewReader(&stream), 3000))
			if err != nil || !bytes.Equal(plain, append(message, message...)) {
				t.Errorf("the received data differs: %d bytes, %v", len(plain), err)
			}
			hangUp(t, c, 1000)
			l := s.Ledger(t)
			check(t, "/echo", l.Routes["/echo"], 1, 2, 2, map[string]int{"1000": 1})
			if l.SentBytes != 3000 {
				t.Errorf("%d bytes sent, expected 3000", l.SentBytes)
			}
		})
	}
}

// compressed appends the payload of a compressed message to a stream and returns its length.
func compressed(t *testing.T, c net.Conn, to *bytes.Buffer) int {
	t.Helper()
	for n := 0; ; {
		frame := readFrame(t, c)
		if frame.Header.OpCode.IsControl() {
			continue
		}
		if n == 0 && !frame.Header.Rsv1() {
			t.Fatal("the message is not compressed")
		}
		to.Write(frame.Payload)
		n += len(frame.Payload)
		if frame.Header.Fin {
			to.WriteString("\x00\x00\xff\xff")
			return n
		}
	}
}

// readFrame reads a short frame.
func readFrame(t *testing.T, c net.Conn) ws.Frame {
	t.Helper()
	header, err := ws.ReadHeader(c)
	if err != nil || header.Length > 1<<20 {
		t.Fatalf("got %+v, %v, expected a short frame", header, err)
	}
	payload := make([]byte, header.Length)
	if _, err := io.ReadFull(c, payload); err != nil {
		t.Fatal(err)
	}
	return ws.Frame{Header: header, Payload: payload}
}
