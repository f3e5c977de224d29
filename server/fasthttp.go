package server

import (
	"bufio"
	"io"
	"net"

	"github.com/valyala/fasthttp"
)

// serveFastHTTP serves SSE over HTTP/1.1, as serveSSE does, with fasthttp's body stream writer, flushed
// after each event.
func serveFastHTTP(s *Server, l net.Listener) (stop func()) {
	sv := &sseService{server: s}
	sv.open = sv.writeBody
	return sv.serveConns(l)
}

func (sv *sseService) writeBody(ctx *fasthttp.RequestCtx, held *hijackableConn, call request, up *session) {
	ctx.SetContentType("text/event-stream")
	ctx.Response.Header.Set("Cache-Control", "no-cache")
	ctx.Response.ImmediateHeaderFlush = true
	ctx.SetConnectionClose() // the connection is read until it ends
	st := bodyStream{newEventWriter("sse", call), held.Conn}
	ctx.SetBodyStreamWriter(func(w *bufio.Writer) {
		defer up.close()
		st.w, st.flush = w, w.Flush
		v := sv.server.serve(call, st)
		up.begin(v)
		left := make(chan struct{})
		go func() { // fasthttp does not notice that a client leaves
			defer close(left)
			_, _ = io.Copy(io.Discard, held.Conn)
		}()
		select {
		case <-left:
			up.end(io.ErrUnexpectedEOF)
		case <-st.over: // the rest is still to be written
			up.end(io.EOF)
		}
		v.wait()
		st.finish()
	})
}

// A bodyStream sends events with fasthttp.
type bodyStream struct {
	*eventWriter
	nc net.Conn
}

// Close implements stream.
func (st bodyStream) Close() error {
	_ = st.CloseSend()
	return st.nc.Close()
}
