package server

import (
	"bufio"
	"io"
	"net"
	"sync"

	"github.com/valyala/fasthttp"

	"rtbench/proto/framing"
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
	st := &writerStream{nc: held.Conn, framing: framing.SSE{Text: call.Text}, name: framedKind("sse", call), over: make(chan struct{})}
	ctx.SetBodyStreamWriter(func(w *bufio.Writer) {
		defer up.close()
		st.w = w
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

// A writerStream sends events to a body's writer, until the function that has the writer returns.
type writerStream struct {
	undriven
	nc      net.Conn
	w       *bufio.Writer
	framing framing.SSE
	name    string
	out     []byte
	sending sync.Mutex
	closed  bool
	over    chan struct{}
	once    sync.Once
}

func (st *writerStream) Send(p []byte) error {
	st.out = st.framing.Append(st.out[:0], p)
	return st.write(st.out)
}

func (st *writerStream) write(b []byte) error {
	st.sending.Lock()
	defer st.sending.Unlock()
	if st.closed {
		return io.ErrClosedPipe
	}
	if _, err := st.w.Write(b); err != nil {
		return err
	}
	return st.w.Flush()
}

// CloseSend implements stream. The response ends when the function that has the writer returns.
func (st *writerStream) CloseSend() error {
	st.once.Do(func() { close(st.over) })
	return nil
}

// CloseSent implements stream. The response ends after the current Send.
func (st *writerStream) CloseSent() error { return st.CloseSend() }

func (st *writerStream) finish() {
	st.sending.Lock()
	defer st.sending.Unlock()
	st.closed = true
}

// Close implements stream.
func (st *writerStream) Close() error {
	_ = st.CloseSend()
	return st.nc.Close()
}

func (st *writerStream) kind() string { return st.name }

func (st *writerStream) encodeShared(into *sharedMessage, p []byte) error {
	into.bytes = st.framing.Append(into.bytes[:0], p)
	return nil
}

func (st *writerStream) sendShared(p *sharedMessage) error { return st.write(p.bytes) }
