package server

import (
	"io"
	"net"
	"strings"

	"github.com/valyala/fasthttp"

	"rtbench/proto"
	"rtbench/proto/wire"
	"rtbench/server/guide"
)

// sseService serves SSE over HTTP/1.1: GET /bench?session=NAME&CALL is the event
// stream, POST /bench?session=NAME one message up, with &end=1 the end of them. A
// stream that only listens needs no session.
// fasthttp reads the requests; the event stream takes the connection over, since
// its stream writer costs 60 µs an event.
type sseService struct {
	*connService
	server   *Server
	sessions sessions
}

func serveSSE(s *Server, l net.Listener) service {
	sv := &sseService{server: s}
	h := &fasthttp.Server{
		Handler:               sv.handle,
		MaxRequestBodySize:    proto.MaxSize,
		NoDefaultServerHeader: true,
		NoDefaultDate:         true,
		KeepHijackedConns:     true,
		Logger:                silent{},
	}
	sv.connService = newConnService(s.secure(l, "http/1.1"), func(nc net.Conn) (serve func()) {
		held := &heldConn{Conn: nc, streaming: make(chan func(), 1)}
		_ = h.ServeConn(held)
		if held.hijacked {
			return <-held.streaming
		}
		return nil
	})
	return sv
}

// heldConn lets its service serve a stream that has taken it over.
type heldConn struct {
	net.Conn
	hijacked  bool
	streaming chan func()
}

// silent keeps fasthttp from writing about clients that go away.
type silent struct{}

func (silent) Printf(string, ...any) {}

const eventStreamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" +
	"Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"

func (sv *sseService) handle(ctx *fasthttp.RequestCtx) {
	name, query := cutSession(string(ctx.QueryArgs().QueryString()))
	switch {
	case guide.ServesEvents(string(ctx.Path())) && ctx.IsGet():
		sv.guideStream(ctx)
	case string(ctx.Path()) != benchPath:
		ctx.Error(noSuchPath, 404)
	case ctx.IsPost():
		status, err := sv.server.upstream(&sv.sessions, name, query == "end=1", ctx.PostBody())
		ctx.SetStatusCode(status)
		if err != nil {
			ctx.SetBodyString(err.Error())
		}
	case ctx.IsGet():
		sv.stream(ctx, name, query)
	default:
		ctx.Error("GET or POST", 405)
	}
}

func (sv *sseService) stream(ctx *fasthttp.RequestCtx, name, query string) {
	call, err := sv.server.parseRequest(query)
	if err != nil {
		ctx.Error(err.Error(), 400)
		return
	}
	up := &session{}
	up.mu.Lock() // until the handler is there
	if !sv.sessions.open(name, up) {
		up.mu.Unlock()
		ctx.Error("this session is open already", 409)
		return
	}
	held, _ := ctx.Conn().(*heldConn)
	held.hijacked = true
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(net.Conn) { held.streaming <- sv.serve(call, held, name, up) })
}

func (sv *sseService) serve(call request, held *heldConn, name string, up *session) (serve func()) {
	framing := &wire.SSE{Text: call.Text, Chunked: true, Listening: true}
	st := &sseStream{framedStream{
		Conn: wire.NewConn(held.Conn, framing, nil), framing: framing, name: framedKind("sse", call), loop: sv.server.loopFor(call),
	}}
	if _, err := held.Write([]byte(eventStreamHead)); err != nil {
		up.mu.Unlock()
		sv.sessions.close(name)
		return nil
	}
	v := sv.server.serve(call, st)
	up.st, up.handler = v.st, v
	up.mu.Unlock()
	return receive(v, st.Conn, st.loop, &sseDown{up, &sv.sessions, name})
}

// cutSession takes session=NAME off the front of a query.
func cutSession(query string) (name, rest string) {
	first, rest, _ := strings.Cut(query, "&")
	name, ok := strings.CutPrefix(first, "session=")
	if !ok {
		return "", query
	}
	return name, rest
}

// An sseStream sends events on its connection.
type sseStream struct{ framedStream }

// sseDown is the handler of the event stream's connection, which ends when the client
// leaves.
type sseDown struct {
	*session
	sessions *sessions
	name     string
}

// Ended implements proto.Handler.
func (d *sseDown) Ended(error) {
	d.end(io.ErrUnexpectedEOF)
	d.sessions.close(d.name)
}
