//go:build linux

package thirdparty

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// dial opens a WebSocket with a deadline.
func dial(t *testing.T, s *Server, path string, d ws.Dialer) (net.Conn, ws.Handshake, error) {
	t.Helper()
	d.TLSConfig = s.ClientTLS(t)
	c, buffered, hs, err := d.Dial(bounded(t), s.URL("ws", path))
	if err != nil {
		return nil, hs, err
	}
	if buffered != nil {
		t.Fatalf("the server sent %d bytes before the client", buffered.Buffered())
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { c.Close() })
	return c, hs, nil
}

func mustDial(t *testing.T, s *Server, path string) net.Conn {
	t.Helper()
	c, _, err := dial(t, s, path, ws.Dialer{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// write sends a text message.
func write(t *testing.T, c net.Conn, message string) {
	t.Helper()
	if err := wsutil.WriteClientText(c, []byte(message)); err != nil {
		t.Fatal(err)
	}
}

// read returns the next message, answering pings.
func read(t *testing.T, c net.Conn) ([]byte, ws.OpCode) {
	t.Helper()
	message, op, err := wsutil.ReadServerData(c)
	if err != nil {
		t.Fatal(err)
	}
	return message, op
}

// hangUp closes with a code and waits for the server's close.
func hangUp(t *testing.T, c net.Conn, code ws.StatusCode) {
	t.Helper()
	frame := ws.MaskFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(code, "")))
	if err := ws.WriteFrame(c, frame); err != nil {
		t.Fatal(err)
	}
	expectClose(t, c, code)
}

func expectClose(t *testing.T, c net.Conn, code ws.StatusCode) {
	t.Helper()
	_, _, err := wsutil.ReadServerData(c)
	var closed wsutil.ClosedError
	if !errors.As(err, &closed) || closed.Code != code {
		t.Errorf("it ended with %v, expected a close with %d", err, code)
	}
	c.Close()
}

// echoes exchanges 50 text and 50 binary messages and closes with 1000.
func echoes(t *testing.T, s *Server) {
	t.Helper()
	c := mustDial(t, s, "/echo")
	sum := 0
	for i := range 100 {
		op, message := ws.OpText, []byte(fmt.Sprintf("message %d: žluťoučký", i))
		if i%2 == 1 {
			op, message = ws.OpBinary, bytes.Repeat([]byte{byte(i), 0xff}, 20*i)
		}
		sum += len(message)
		if err := wsutil.WriteClientMessage(c, op, message); err != nil {
			t.Fatal(err)
		}
		if got, gotOp := read(t, c); gotOp != op || !bytes.Equal(got, message) {
			t.Fatalf("message %d was echoed as %v %q, expected %v %q", i, gotOp, got, op, message)
		}
	}
	hangUp(t, c, 1000)
	l := s.Ledger(t)
	check(t, "/echo", l.Routes["/echo"], 1, 100, 100, map[string]int{"1000": 1})
	check(t, "in all", l.Counts, 1, 100, 100, map[string]int{"1000": 1})
	if l.ReceivedBytes != sum || l.SentBytes != sum {
		t.Errorf("%d bytes received, %d sent, expected %d", l.ReceivedBytes, l.SentBytes, sum)
	}
}

func TestEcho(t *testing.T) {
	for _, name := range []string{"python-websockets", "node-ws"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			echoes(t, Start(t, name))
		})
		t.Run(name+" TLS", func(t *testing.T) {
			t.Parallel()
			s := StartTLS(t, name)
			echoes(t, s)
			if _, _, _, err := ws.Dial(bounded(t), s.URL("ws", "/echo")); err == nil {
				t.Error("the system trusts the test authority")
			}
		})
	}
}

// Unknown paths are refused and counted.
func TestRefused(t *testing.T) {
	for _, name := range []string{"python-websockets", "node-ws"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Start(t, name)
			_, _, err := dial(t, s, "/nowhere", ws.Dialer{})
			var status ws.StatusError
			if !errors.As(err, &status) || int(status) != http.StatusNotFound {
				t.Errorf("got %v, expected 404", err)
			}
			if l := s.Ledger(t); l.Refused["404"] != 1 || l.Connections != 0 {
				t.Errorf("counted %+v, expected one refused with 404", l)
			}
		})
	}
}

func TestSubprotocol(t *testing.T) {
	t.Parallel()
	s := Start(t, "python-websockets")
	for _, c := range []struct{ offered, chosen string }{
		{"chat.v1", "chat.v1"}, {"other", ""}, {"", ""},
	} {
		var d ws.Dialer
		if c.offered != "" {
			d.Protocols = []string{"first", c.offered}
		}
		conn, hs, err := dial(t, s, "/echo", d)
		if err != nil {
			t.Fatal(err)
		}
		if hs.Protocol != c.chosen {
			t.Errorf("offered %q it chose %q, expected %q", c.offered, hs.Protocol, c.chosen)
		}
		hangUp(t, conn, 1000)
	}
}

// Replies carry the id of their call and arrive out of order.
func TestJSONRPC(t *testing.T) {
	t.Parallel()
	s := Start(t, "python-websockets")
	c := mustDial(t, s, "/jsonrpc")
	const calls = 200
	for i := range calls {
		write(t, c, fmt.Sprintf(`{"id":%d,"method":"sum","params":[%d,1]}`, i, i))
	}
	var order []int
	for range calls {
		var reply struct{ ID, Result int }
		message, _ := read(t, c)
		if err := json.Unmarshal(message, &reply); err != nil {
			t.Fatal(err)
		}
		if reply.Result != reply.ID+1 {
			t.Errorf("got %s, expected %d", message, reply.ID+1)
		}
		order = append(order, reply.ID)
	}
	if slices.IsSorted(order) {
		t.Error("replies arrived in the order of the calls")
	}
	slices.Sort(order)
	if len(slices.Compact(order)) != calls {
		t.Errorf("%d calls were answered, expected %d", len(slices.Compact(order)), calls)
	}
	for wrong, code := range map[string]string{
		`{"id":1,"method":"nothing"}`: "-32601",
		`{"id":1,"method":"sum"}`:     "-32602",
		"garbage":                     "-32600",
	} {
		write(t, c, wrong)
		if message, _ := read(t, c); !bytes.Contains(message, []byte(code)) {
			t.Errorf("%s returned %s, expected error %s", wrong, message, code)
		}
	}
	hangUp(t, c, 1000)
	check(t, "/jsonrpc", s.Ledger(t).Routes["/jsonrpc"], 1, calls+3, calls+3, map[string]int{"1000": 1})
}

// A feed starts after authentication and subscription.
func TestFeed(t *testing.T) {
	t.Parallel()
	s := Start(t, "python-websockets")
	c := mustDial(t, s, "/feed")
	write(t, c, `{"type":"auth","token":"`+Token+`"}`)
	if message, _ := read(t, c); string(message) != `{"type": "welcome"}` {
		t.Fatalf("got %s, expected welcome", message)
	}
	write(t, c, `{"type":"subscribe","count":20}`)
	if message, _ := read(t, c); string(message) != `{"type": "ready"}` {
		t.Fatalf("got %s, expected ready", message)
	}
	for i := range 20 {
		message, _ := read(t, c)
		expectEvent(t, message, i)
	}
	expectClose(t, c, 1000)

	for _, message := range []string{"garbage", "[]"} {
		c := mustDial(t, s, "/feed?from=here")
		write(t, c, message)
		expectClose(t, c, 1007)
	}
	stranger := mustDial(t, s, "/feed")
	write(t, stranger, `{"type":"auth","token":"wrong"}`)
	expectClose(t, stranger, 1008)
	check(t, "/feed", s.Ledger(t).Routes["/feed"], 4, 5, 22, map[string]int{"1000": 1, "1007": 2, "1008": 1})
}

// expectEvent expects {"n": n, "ts": about now}.
func expectEvent(t *testing.T, message []byte, n int) {
	t.Helper()
	var event struct {
		N  int
		TS int64
	}
	if err := json.Unmarshal(message, &event); err != nil {
		t.Fatalf("%q: %v", message, err)
	}
	if event.N != n {
		t.Errorf("got event %d, expected %d", event.N, n)
	}
	if age := time.Since(time.UnixMilli(event.TS)); age < -time.Minute || age > 10*time.Minute {
		t.Errorf("event %d is %v old", n, age)
	}
}

// jsonEcho exchanges n messages, echoed with the server's time.
func jsonEcho(t *testing.T, c net.Conn, n int) {
	t.Helper()
	for i := range n {
		write(t, c, fmt.Sprintf(`{"id":%d,"n":%d,"text":"x"}`, i, i))
		message, _ := read(t, c)
		expectEvent(t, message, i)
		if !bytes.HasPrefix(message, fmt.Appendf(nil, `{"id": %d, `, i)) {
			t.Errorf("got %s, expected id %d", message, i)
		}
	}
}

func TestJSONEcho(t *testing.T) {
	for _, name := range []string{"fastapi", "nginx"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Start(t, name)
			c := mustDial(t, s, "/ws")
			jsonEcho(t, c, 50)
			hangUp(t, c, 1000)
			check(t, "/ws", s.Ledger(t).Routes["/ws"], 1, 50, 50, map[string]int{"1000": 1})
		})
	}
}
