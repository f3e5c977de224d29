package server

import (
	"errors"
	"io"
	"net"

	"github.com/valyala/fasthttp"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
	"rtbench/server/guide"
)

// sseService serves SSE over HTTP/1.1. GET /bench?session=NAME&CALL opens the event
// stream; POST /bench?session=NAME sends a message, and with &end=1 ends the messages. A
// stream that only listens needs no session. fasthttp reads the requests. The event
// stream takes over its connection, since fasthttp's stream writer costs 60 µs per event.
//
// fasthttp keeps a read buffer for each idle connection, which limits the request head.
// Clients that POST keep thousands of connections open, so the buffer is small unless the
// connection's first head needs more; a larger head later is answered with 431. The
// buffer of an event stream's connection is freed when the stream takes over.
type sseService struct {
	server   *Server
	sessions sessions
	// open answers a request with the events of a call.
	open func(ctx *fasthttp.RequestCtx, conn *hijackableConn, call request, up *session)
}

func serveSSE(s *Server, l net.Listener) (stop func()) {
	sv := &sseService{server: s}
	sv.open = func(ctx *fasthttp.RequestCtx, conn *hijackableConn, call request, up *session) {
		conn.hijack(ctx, func() (serve func()) { return sv.serve(call, conn, up) })
	}
	return sv.serveConns(l)
}

func (sv *sseService) serveConns(l net.Listener) (stop func()) {
	s := sv.server
	small, large := sv.newHTTP(min(smallBuffer, s.cfg.MaxHeader)), sv.newHTTP(s.cfg.MaxHeader)
	return s.serveConns(s.secure(l, "http/1.1"), func(nc net.Conn) (serve func()) {
		head, rest, err := s.readFirstHead(nc)
		if err != nil {
			return nil
		}
		held := &hijackableConn{Conn: nc, unread: head[:len(head)+len(rest)]}
		h := small
		if len(head) > smallBuffer {
			h = large
		}
		// Serve a stream that was opened, whether or not fasthttp reports an error.
		if _ = h.ServeConn(held); held.stream != nil {
			return held.stream()
		}
		return nil
	})
}

// smallBuffer is fasthttp's default size.
const smallBuffer = 4 << 10

func (sv *sseService) newHTTP(buffer int) *fasthttp.Server {
	return &fasthttp.Server{
		Handler:               sv.handle,
		ErrorHandler:          refuse,
		ReadBufferSize:        buffer,
		MaxRequestBodySize:    proto.MaxSize,
		NoDefaultServerHeader: true,
		NoDefaultDate:         true,
		KeepHijackedConns:     true,
		Logger:                silent{},
	}
}

// refuse answers invalid requests.
func refuse(ctx *fasthttp.RequestCtx, err error) {
	var small *fasthttp.ErrSmallBuffer
	var timed net.Error
	switch {
	case errors.As(err, &small):
		ctx.Error("request head too long", 431)
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		ctx.Error(framing.ErrTooLong.Error(), 413)
	case errors.As(err, &timed) && timed.Timeout():
		ctx.Error("request timed out", 408)
	default:
		ctx.Error("invalid request", 400)
	}
}

// silent discards fasthttp's log.
type silent struct{}

func (silent) Printf(string, ...any) {}

func (sv *sseService) handle(ctx *fasthttp.RequestCtx) {
	conn := connOf(ctx)
	a := sv.server.answerSSE(&sv.sessions, string(ctx.Method()), string(ctx.Path()), string(ctx.QueryArgs().QueryString()),
		func() ([]byte, error) { return ctx.PostBody(), nil },
		func() guide.Request {
			return guide.Request{Token: string(ctx.QueryArgs().Peek("token")), LastEventID: string(ctx.Request.Header.Peek("Last-Event-ID"))}
		})
	switch {
	case a.head:
		ctx.SetContentType("text/event-stream")
		ctx.Response.Header.Set("Cache-Control", "no-cache")
		ctx.Response.Header.SetContentLength(-1) // Transfer-Encoding: chunked
	case a.guide != nil:
		r := *a.guide
		conn.hijack(ctx, func() (serve func()) {
			return func() { sv.server.guideChunks(conn, r) }
		})
	case a.session != nil:
		sv.open(ctx, conn, a.call, a.session)
	case a.text == "":
		ctx.SetStatusCode(a.status)
	default:
		if ctx.Error(a.text, a.status); a.header != "" {
			ctx.Response.Header.Set(a.header, a.value)
		}
	}
}

func (sv *sseService) serve(call request, held *hijackableConn, up *session) (serve func()) {
	framing := &framing.SSE{Text: call.Text, Chunked: !held.http10}
	kind := "sse"
	if held.http10 {
		kind = "sse/1.0"
	}
	st := &framedStream{
		Conn: eventloop.NewConn(held.Conn, framing, nil), framing: framing, name: framedKind(kind, call), loop: sv.server.loopFor(call),
		nc: held.Conn,
	}
	if _, err := held.Write(held.eventStreamHead()); err != nil {
		up.abort()
		return nil
	}
	v := sv.server.serve(call, st)
	st.handOver(v)
	up.begin(v)
	return receive(v, st, disconnectHandler{up})
}

// disconnectHandler handles the event stream's connection, which ends when the client
// leaves.
type disconnectHandler struct{ *session }

func (d disconnectHandler) Ended(error) {
	d.end(io.ErrUnexpectedEOF)
	d.close()
}
