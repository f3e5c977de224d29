package server

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"rtbench/server/guide"
)

// The guide's event streams over HTTP/1.1 and HTTP/2.

// guideChunks writes the stream on its own connection until the client closes: each event
// as a chunk (RFC 9112, section 7.1), except to HTTP/1.0 clients.
func (s *Server) guideChunks(held *hijackableConn, r guide.Request) {
	nc := held.Conn
	ctx, cancel := context.WithCancel(context.Background())
	left := make(chan struct{})
	go func() {
		defer close(left)
		_, _ = io.Copy(io.Discard, nc)
		cancel()
	}()
	var out []byte
	send := func(b []byte) error {
		_ = nc.SetWriteDeadline(time.Now().Add(s.guide.Patience()))
		_, err := nc.Write(b)
		return err
	}
	if send(held.eventStreamHead()) == nil {
		s.guide.ServeEvents(ctx, r, func(event []byte) error {
			if held.http10 {
				return send(event)
			}
			out = fmt.Appendf(out[:0], "%x\r\n%s\r\n", len(event), event)
			return send(out)
		})
		if !held.http10 {
			_ = send([]byte("0\r\n\r\n"))
		}
	}
	cancel()
	_ = nc.Close()
	<-left
}

// guideEvents serves an event stream of the guide over net/http.
func (s *Server) guideEvents(ctx context.Context, w http.ResponseWriter, r guide.Request) {
	out := http.NewResponseController(w)
	if out.Flush() != nil {
		return
	}
	s.guide.ServeEvents(ctx, r, func(event []byte) error {
		_ = out.SetWriteDeadline(time.Now().Add(s.guide.Patience()))
		if _, err := w.Write(event); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
		return out.SetWriteDeadline(time.Time{}) // an expired one would reset the stream
	})
}
