package server

import (
	"bytes"
	"context"
	"io"
	"math"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/proto"
	"rtbench/proto/framing"
	"rtbench/server/guide"
)

// netHTTPService serves SSE with net/http.
type netHTTPService struct {
	server   *Server
	protocol string
	sessions sessions
	streams  streamCount
	guide    atomic.Bool // has served an event stream of the guide
}

// serveNetHTTP serves SSE over HTTP/1.1 with net/http.
func serveNetHTTP(s *Server, l net.Listener) (stop func()) {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	sv := &netHTTPService{server: s, protocol: "sse", streams: streamCount{limit: math.MaxInt64}}
	return sv.serve(s.secure(l, "http/1.1"), &protocols)
}

// serveNetHTTP2 serves SSE over HTTP/2 with net/http, with many streams per connection: in cleartext
// with prior knowledge, or with TLS by ALPN.
func serveNetHTTP2(s *Server, l net.Listener) (stop func()) {
	var protocols http.Protocols
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	sv := &netHTTPService{server: s, protocol: "sse-h2", streams: streamCount{limit: int64(s.cfg.MaxStreams)}}
	return sv.serve(s.secure(l, "h2"), &protocols)
}

func (sv *netHTTPService) serve(l net.Listener, protocols *http.Protocols) (stop func()) {
	s := sv.server
	h := &http.Server{
		Handler:           sv,
		Protocols:         protocols,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 2 * min(s.cfg.MaxStreams, math.MaxInt32/2)}, // each stream may have a POST in flight
		ReadHeaderTimeout: s.cfg.HandshakeTimeout,
		MaxHeaderBytes:    s.cfg.MaxHeader,
		ErrorLog:          discardLog,
	}
	shut := serveHTTP(h, l)
	return func() {
		// Over HTTP/2 a flushed event may still be in a buffer of net/http: Close alone loses it.
		if sv.guide.Load() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			_ = h.Shutdown(ctx)
			cancel()
		}
		shut()
	}
}

func (sv *netHTTPService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := bodies.Get().(*body)
	a := sv.server.answerSSE(&sv.sessions, r.Method, r.URL.Path, r.URL.RawQuery,
		func() ([]byte, error) { return b.read(r.Body) },
		func() guide.Request {
			return guide.Request{Token: r.URL.Query().Get("token"), LastEventID: r.Header.Get("Last-Event-ID")}
		})
	bodies.Put(b)
	if a.session != nil && !sv.streams.add() {
		a.session.abort()
		a = sseAnswer{status: http.StatusServiceUnavailable, text: sv.streams.limitReason()}
	}
	h := w.Header()
	if a.status == 0 {
		h.Set("Content-Type", "text/event-stream")
		h.Set("Cache-Control", "no-cache")
	}
	switch {
	case a.head:
	case a.guide != nil:
		sv.guide.Store(true)
		sv.server.guideEvents(r.Context(), w, *a.guide)
	case a.session != nil:
		defer sv.streams.done()
		sv.stream(r.Context(), w, a.call, a.session)
	case a.text == "":
		w.WriteHeader(a.status)
	default:
		if h.Set("Content-Type", "text/plain; charset=utf-8"); a.header != "" {
			h.Set(a.header, a.value)
		}
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.text)
	}
}

var bodies = sync.Pool{New: func() any { return new(body) }}

// A body is the buffer of a request's body.
type body struct {
	bytes.Buffer
	limited io.LimitedReader
}

func (b *body) read(r io.Reader) ([]byte, error) {
	b.Reset()
	b.limited = io.LimitedReader{R: r, N: proto.MaxSize + 1}
	_, err := b.ReadFrom(&b.limited)
	if b.limited.R = nil; b.Len() > proto.MaxSize {
		return nil, framing.ErrTooLong
	}
	return b.Bytes(), err
}

func (sv *netHTTPService) stream(ctx context.Context, w http.ResponseWriter, call request, up *session) {
	defer up.close()
	response := http.NewResponseController(w)
	st := netHTTPStream{newEventWriter(sv.protocol, call), response}
	st.w, st.flush = w, response.Flush
	if st.flush() != nil {
		up.abort()
		return
	}
	v := sv.server.serve(call, st)
	up.begin(v)
	select {
	case <-ctx.Done():
	case <-st.over:
	}
	up.end(io.ErrUnexpectedEOF)
	v.wait()
	st.finish()
}

// A netHTTPStream sends events with net/http.
type netHTTPStream struct {
	*eventWriter
	response *http.ResponseController
}

// Close implements stream. A deadline unblocks the current Send.
func (st netHTTPStream) Close() error {
	_ = st.CloseSend()
	// A deadline resets the stream: set it only to unblock a Send.
	if !st.sending.TryLock() {
		_ = st.response.SetWriteDeadline(expired)
		st.sending.Lock()
	}
	defer st.sending.Unlock()
	st.closed = true
	return nil
}
