package server

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/valyala/fasthttp"

	"rtbench/proto"
	"rtbench/server/guide"
)

// The guide's event streams over HTTP/1.1 and HTTP/2.

const noSuchPath = "no such path; expected " + proto.BenchPath + ", /ws/CLIENT, /ws/authenticated (WebSocket), /stream and /stream/user (SSE)"

// Methods of the event streams' paths. HEAD is GET without the body (RFC 9110, section
// 9.3.2) and opens no stream.
const (
	guideMethods = "GET, HEAD"
	benchMethods = "GET, HEAD, POST"
)

// guideStream serves an event stream of the guide over HTTP/1.1.
func (sv *sseService) guideStream(ctx *fasthttp.RequestCtx, conn *hijackableConn) {
	r := guide.Request{
		Path: string(ctx.Path()), Token: string(ctx.QueryArgs().Peek("token")),
		LastEventID: string(ctx.Request.Header.Peek("Last-Event-ID")),
	}
	if r.Path == guide.UserPath && r.Token == "" {
		ctx.SetContentType("application/json")
		ctx.SetBodyString(guide.TokenRequired)
		return
	}
	if ctx.IsHead() {
		eventsHead(ctx)
		return
	}
	conn.hijack(ctx, func() (serve func()) {
		return func() { sv.server.guideChunks(conn, r) }
	})
}

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
func (s *Server) guideEvents(w http.ResponseWriter, r *http.Request) {
	asked := guide.Request{Path: r.URL.Path, Token: r.URL.Query().Get("token"), LastEventID: r.Header.Get("Last-Event-ID")}
	if asked.Path == guide.UserPath && asked.Token == "" {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, guide.TokenRequired)
		return
	}
	eventStreamHeader(w)
	if r.Method == http.MethodHead {
		return
	}
	out := http.NewResponseController(w)
	if out.Flush() != nil {
		return
	}
	s.guide.ServeEvents(r.Context(), asked, func(event []byte) error {
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
