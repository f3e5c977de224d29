package server_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"rtbench/server"
)

func start(t *testing.T, cfg server.Config) *server.Server {
	t.Helper()
	s, err := server.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// A socket is an independent WebSocket client.
type socket struct {
	t  *testing.T
	nc net.Conn
	rw io.ReadWriter
}

func dial(t *testing.T, s *server.Server, path string) *socket {
	t.Helper()
	nc, br, _, err := ws.Dial(t.Context(), "ws://"+s.Info().Addresses["websocket"]+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(30 * time.Second)) // longer than any step
	var rw io.ReadWriter = nc
	if br != nil {
		rw = struct {
			io.Reader
			io.Writer
		}{io.MultiReader(br, nc), nc}
	}
	return &socket{t, nc, rw}
}

func (c *socket) send(text string) {
	c.t.Helper()
	if err := wsutil.WriteClientText(c.nc, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *socket) want(texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		if got, err := wsutil.ReadServerText(c.rw); err != nil || string(got) != text {
			c.t.Fatalf("got %q, %v; want %q", got, err, text)
		}
	}
}

// wantEnd reads until the server closes and checks its close code; 0 means none.
func (c *socket) wantEnd(want ws.StatusCode) {
	c.t.Helper()
	for {
		_, _, err := wsutil.ReadServerData(c.rw)
		var closed wsutil.ClosedError
		switch {
		case err == nil:
			continue
		case errors.As(err, &closed) && closed.Code == want, want == 0 && !isTimeout(err):
		default:
			c.t.Errorf("the end is %v, want close code %d", err, want)
		}
		return
	}
}

func isTimeout(err error) bool {
	var timed net.Error
	return errors.As(err, &timed) && timed.Timeout()
}
