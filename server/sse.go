package server

import (
	"net"
	"strings"

	"github.com/valyala/fasthttp"

	"rtbench/proto"
	"rtbench/proto/wire"
)

// sseService serves SSE over HTTP/1.1: GET /bench?session=NAME&CALL is the event
// stream, POST /bench?session=NAME one message up, with &end=1 the end of them.
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
		Logger:                silent{},
	}
	sv.connService = newConnService(s.secure(l, "http/1.1"), func(nc net.Conn) {
		held := &heldConn{Conn: nc, released: make(chan struct{})}
		_ = h.ServeConn(held)
		if held.hijacked {
			<-held.released
		}
	})
	return sv
}

// heldConn lets its service wait for a stream that has taken it over.
type heldConn struct {
	net.Conn
	hijacked bool
	released chan struct{}
}

// silent keeps fasthttp from writing about clients that go away.
type silent struct{}

func (silent) Printf(string, ...any) {}

const eventStreamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" +
	"Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"

func (sv *sseService) handle(ctx *fasthttp.RequestCtx) {
	name, query := cutSession(string(ctx.QueryArgs().QueryString()))
	switch {
	case string(ctx.Path()) != benchPath:
		ctx.Error("no such path; try "+benchPath, 404)
	case ctx.IsPost():
		status, err := sv.sessions.upstream(name, query == "end=1", ctx.PostBody())
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
	up, ok := sv.sessions.open(name)
	if !ok {
		ctx.Error("this session is open already", 409)
		return
	}
	held, _ := ctx.Conn().(*heldConn)
	held.hijacked = true
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(nc net.Conn) {
		defer close(held.released)
		defer sv.sessions.close(name)
		if _, err := nc.Write([]byte(eventStreamHead)); err != nil {
			return
		}
		framing := &wire.SSE{Text: call.Text, Chunked: true}
		st := &sseStream{
			framedStream: framedStream{Conn: wire.NewConn(held.Conn, framing, nil), framing: framing, name: framedKind("sse", call)},
			nc:           held.Conn, up: up,
		}
		go st.watch()
		_ = sv.server.serve(call, st)
	})
}

// cutSession takes session=NAME off the front of a query.
func cutSession(query string) (name, rest string) {
	first, rest, _ := strings.Cut(query, "&")
	name, _ = strings.CutPrefix(first, "session=")
	return name, rest
}

// An sseStream sends events on its connection and receives what is posted.
type sseStream struct {
	framedStream
	nc net.Conn
	up *session
}

// Recv implements proto.Conn.
func (st *sseStream) Recv() ([]byte, error) { return st.up.Recv() }

// CloseSend writes the last chunk. What is said after that is said to nobody, so
// the session is over too.
func (st *sseStream) CloseSend() error {
	err := st.framedStream.CloseSend()
	st.up.leave()
	return err
}

// Close implements stream.
func (st *sseStream) Close() error {
	st.up.leave()
	return st.framedStream.Close()
}

// watch notices that the client has left: nothing else comes on this connection.
func (st *sseStream) watch() {
	var b [1]byte
	for {
		if _, err := st.nc.Read(b[:]); err != nil {
			st.up.leave()
			return
		}
	}
}
