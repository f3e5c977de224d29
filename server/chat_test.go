package server_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"rtbench/server"
	"rtbench/server/guide"
)

func TestGuideChat(t *testing.T) {
	s := start(t, server.Config{})
	alice, bob := dial(t, s, "/ws/alice"), dial(t, s, "/ws/b%C3%B6b?x=y")
	for _, c := range []*socket{alice, bob} { // then both are in the room
		c.send(`{"type":"ping"}`)
		c.want("pong")
	}
	alice.send(`{"type":"chat","content":"hello <all> \u00e9"}`)
	for _, c := range []*socket{alice, bob} {
		c.want(`{"type":"chat","client_id":"alice","message":"hello \u003call\u003e é"}`)
	}
	for in, out := range map[string]string{
		`{"type":"ping"`: `{"error":"Invalid JSON"}`, `[]`: `{"error":"Invalid JSON"}`, ``: `{"error":"Invalid JSON"}`,
		`{"type":"dance"}`: `{"error":"Unknown type"}`, `{}`: `{"error":"Unknown type"}`, `null`: `{"error":"Unknown type"}`,
		`{"type":"chat"}`: `{"error":"No content"}`, `{"type":"chat","content":7}`: `{"error":"Invalid JSON"}`,
		strings.Repeat(`[`, 20_000): `{"error":"Invalid JSON"}`,
	} {
		alice.send(in)
		alice.want(out) // bob receives none of it
	}
	// A fragmented message with a control frame inside.
	_ = ws.WriteFrame(alice.nc, ws.MaskFrame(ws.NewFrame(ws.OpText, false, []byte(`{"type":"chat",`))))
	_ = ws.WriteFrame(alice.nc, ws.MaskFrame(ws.NewPingFrame([]byte("?"))))
	_ = ws.WriteFrame(alice.nc, ws.MaskFrame(ws.NewFrame(ws.OpContinuation, true, []byte(`"content":"whole"}`))))
	alice.want(`{"type":"chat","client_id":"alice","message":"whole"}`)
	bob.want(`{"type":"chat","client_id":"alice","message":"whole"}`)
	_ = bob.nc.Close()
	alice.want(`{"type":"leave","client_id":"böb"}`)
}

// A violation ends the sender's connection, and the other members are told.
func TestGuideChatHostile(t *testing.T) {
	s := start(t, server.Config{Guide: guide.Config{MaxMessage: 1000}})
	watcher := dial(t, s, "/ws/watcher")
	watcher.send(`{"type":"ping"}`)
	watcher.want("pong")
	mask := func(f ws.Frame) []byte { return ws.MustCompileFrame(ws.MaskFrame(f)) }
	reserved := ws.NewTextFrame([]byte("x"))
	reserved.Header.Rsv = 4
	for name, c := range map[string]struct {
		bytes []byte
		code  ws.StatusCode
	}{
		"invalid UTF-8":     {mask(ws.NewTextFrame([]byte{0xff, 0xfe})), ws.StatusInvalidFramePayloadData},
		"too long":          {mask(ws.NewTextFrame(make([]byte, 1001))), ws.StatusMessageTooBig},
		"too long in parts": {append(mask(ws.NewFrame(ws.OpText, false, make([]byte, 600))), mask(ws.NewFrame(ws.OpContinuation, true, make([]byte, 600)))...), ws.StatusMessageTooBig},
		"not masked":        {ws.MustCompileFrame(ws.NewTextFrame([]byte("x"))), ws.StatusProtocolError},
		"reserved bits":     {mask(reserved), ws.StatusProtocolError},
		"no beginning":      {mask(ws.NewFrame(ws.OpContinuation, true, nil)), ws.StatusProtocolError},
		"long ping":         {mask(ws.NewPingFrame(make([]byte, 126))), ws.StatusProtocolError},
	} {
		h := dial(t, s, "/ws/hostile")
		if _, err := h.nc.Write(c.bytes); err != nil {
			t.Fatal(err)
		}
		h.wantEnd(c.code)
		if t.Failed() {
			t.Fatal(name)
		}
		_ = h.nc.Close()
		watcher.want(`{"type":"leave","client_id":"hostile"}`)
	}
}

// A client that does not read is disconnected; the others miss nothing and are not
// delayed.
func TestGuideChatSlowClient(t *testing.T) {
	const messages = 400
	s := start(t, server.Config{Guide: guide.Config{Queue: 8}})
	deaf := dial(t, s, "/ws/deaf")
	deaf.send(`{"type":"ping"}`)
	deaf.want("pong")
	alice := dial(t, s, "/ws/alice")
	content := strings.Repeat("x", 60_000)
	chat := `{"type":"chat","client_id":"alice","message":"` + content + `"}`
	left := 0
	for range messages { // 24 MB: far more than the kernel buffers
		alice.send(`{"type":"chat","content":"` + content + `"}`)
		for {
			got, err := wsutil.ReadServerText(alice.rw)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) == chat {
				break
			}
			if left++; string(got) != `{"type":"leave","client_id":"deaf"}` {
				t.Fatalf("got %.80q", got)
			}
		}
	}
	if left != 1 {
		t.Errorf("%d leave messages", left)
	}
}

func TestGuideChatWithThousands(t *testing.T) {
	const clients, messages = 2000, 3
	s := start(t, server.Config{})
	all := make([]*socket, clients)
	for i := range all {
		all[i] = dial(t, s, fmt.Sprintf("/ws/%d", i))
		all[i].send(`{"type":"ping"}`)
		all[i].want("pong")
	}
	var wg sync.WaitGroup
	for i := range messages {
		all[i].send(fmt.Sprintf(`{"type":"chat","content":"%d"}`, i))
	}
	order := make([]string, clients)
	for i, c := range all {
		wg.Go(func() {
			for range messages {
				got, err := wsutil.ReadServerText(c.rw)
				if err != nil {
					t.Error(err)
					return
				}
				order[i] += string(got)
			}
		})
	}
	wg.Wait()
	if slices.ContainsFunc(order, func(o string) bool { return o != order[0] }) {
		t.Error("not all have had the same messages in the same order")
	}
}

func TestGuideHeartbeats(t *testing.T) {
	s := start(t, server.Config{Guide: guide.Config{Heartbeat: time.Millisecond}})
	alice, session := dial(t, s, "/ws/alice"), dial(t, s, "/ws/authenticated")
	session.send(`{"token":"` + s.TokenFor("alice") + `"}`)
	for _, c := range []*socket{alice, session} {
		c.want(`{"type":"heartbeat"}`, `{"type":"heartbeat"}`)
	}
}

func TestGuideSession(t *testing.T) {
	s := start(t, server.Config{Guide: guide.Config{Patience: 300 * time.Millisecond}})
	good := s.TokenFor("alice")
	other := start(t, server.Config{}).TokenFor("alice")
	for name, first := range map[string]string{
		"bad": `{"token":"nonsense"}`, "of another server": `{"token":"` + other + `"}`, "missing": `{}`, "empty": `{"token":""}`,
		"no JSON": `token`, "a number": `{"token":5}`, "cut": `{"token":"` + good[:len(good)-1] + `"}`,
		"oversize":     `{"token":"` + strings.Repeat("x", 50_000) + `"}`,
		"not signed":   `{"token":"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImV4cCI6NDEwMjQ0NDgwMH0."}`,
		"array of all": `["` + good + `"]`,
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, s, "/ws/authenticated")
			c.send(first)
			c.want(`{"error":"Unauthorized"}`)
			c.wantEnd(ws.StatusNormalClosure)
		})
	}
	t.Run("never sent", func(t *testing.T) { dial(t, s, "/ws/authenticated").wantEnd(0) })
	t.Run("good", func(t *testing.T) {
		c := dial(t, s, "/ws/authenticated")
		c.send(`{"token":"` + good + `"}`)
		for _, text := range []string{"anything", "", `{"type":"ping"}`} {
			c.send(text)
			c.want(text)
		}
	})
}

func TestGuideUnknownSockets(t *testing.T) {
	s := start(t, server.Config{})
	for _, path := range []string{"/ws/", "/ws", "/ws/a/b", "/ws/" + strings.Repeat("x", 129), "/chat"} {
		_, _, _, err := ws.Dial(t.Context(), "ws://"+s.Info().Addresses["websocket"]+path)
		var refused ws.StatusError
		if !errors.As(err, &refused) || int(refused) != http.StatusNotFound {
			t.Errorf("%s: %v, want 404", path, err)
		}
	}
}

func TestGuideClientLimit(t *testing.T) {
	s := start(t, server.Config{Guide: guide.Config{MaxClients: 1}})
	first := dial(t, s, "/ws/first")
	first.send(`{"type":"ping"}`)
	first.want("pong")
	second := dial(t, s, "/ws/second")
	second.want(`{"error":"The server is full"}`)
	second.wantEnd(ws.StatusNormalClosure)
	_ = first.nc.Close()
}

func TestGuideClose(t *testing.T) {
	s, err := server.Start(server.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, s, "/ws/alice")
	c.send(`{"type":"ping"}`)
	c.want("pong")
	ended := make(chan struct{})
	go func() { s.Close(); close(ended) }()
	c.wantEnd(ws.StatusGoingAway)
	<-ended
}
