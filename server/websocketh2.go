package server

import (
	"net"
	"net/http"
	"strconv"
	"strings"

	"rtbench/proto"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// socketStreams serves CONNECT /bench?CALL as WebSockets over HTTP/2 (RFC 8441) with package http2.
type socketStreams struct {
	server  *Server
	streams streamCount
}

func serveWebSocketH2(s *Server, l net.Listener) (stop func()) {
	sv := &socketStreams{server: s, streams: streamCount{limit: int64(s.cfg.MaxStreams)}}
	return s.serveHTTP2(l, &http2.Server{MaxStreams: s.cfg.MaxStreams, Connect: true, Accept: sv.accept})
}

func (sv *socketStreams) accept(st *http2.Stream) {
	call, status, text := sv.callOf(st.Header())
	switch {
	case status != http.StatusOK:
		refuseStream(st, status, text)
	case !sv.streams.add():
		refuseStream(st, http.StatusServiceUnavailable, sv.streams.limitReason())
	default:
		sv.serve(st, call)
	}
}

// callOf returns the call of a request, or the status and the text that refuse it.
func (sv *socketStreams) callOf(h http2.Header) (call request, status int, text string) {
	path, query, _ := strings.Cut(h.Get(":path"), "?")
	switch {
	case h.Get(":method") != http.MethodConnect:
		return call, http.StatusMethodNotAllowed, "expected CONNECT"
	case h.Get(":protocol") != "websocket":
		return call, http.StatusNotImplemented, "expected :protocol websocket"
	case h.Get("sec-websocket-version") != "13":
		return call, http.StatusBadRequest, "expected Sec-WebSocket-Version: 13"
	case path != proto.BenchPath:
		return call, http.StatusNotFound, noSuchPath
	}
	call, err := sv.server.parseRequest(query)
	if err != nil {
		return call, statusOf(err), err.Error()
	}
	return call, http.StatusOK, ""
}

func refuseStream(st *http2.Stream, status int, text string) {
	st.Reply(http2.Header{{Name: ":status", Value: strconv.Itoa(status)}, {Name: "content-type", Value: "text/plain; charset=utf-8"}}, []byte(text))
}

var okHeader = http2.Header{{Name: ":status", Value: "200"}}

func (sv *socketStreams) serve(st *http2.Stream, call request) {
	frames := serverFraming(call)
	st.Respond(okHeader, frames)
	v := sv.server.serve(call, http2Socket{newHTTP2Stream(st, call, frames, framedKind("websocket-h2", call)), frames})
	sv.server.handleHTTP2(st, call, frames, countedHandler{v, &sv.streams}, v.wait)
}

// An http2Socket ends its messages by a close frame; the HTTP/2 stream ends after the client's.
type http2Socket struct {
	http2Stream
	frames *framing.WebSocket
}

func (s http2Socket) CloseSend() error { return s.Finish(s.frames.AppendEnd(nil)) }

func (s http2Socket) CloseSent() error { return s.http2Stream.CloseSend() }

// A countedHandler is the handler of an exchange whose stream is counted.
type countedHandler struct {
	*exchange
	streams *streamCount
}

func (h countedHandler) Ended(err error) {
	h.exchange.Ended(err)
	h.streams.done()
}
