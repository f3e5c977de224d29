package server

import (
	"bytes"
	"io"
	"net"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
	"rtbench/server/guide"
)

// serveWebSocket serves GET /bench?CALL and the guide's paths as WebSockets.
func serveWebSocket(s *Server, l net.Listener) (stop func()) {
	return s.serveConns(s.secure(l, "http/1.1"), s.serveWebSocketConn)
}

func (s *Server) serveWebSocketConn(nc net.Conn) (serve func()) {
	head, rest, err := s.readFirstHead(nc)
	if err != nil {
		return nil
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	if !bytes.HasPrefix(line, []byte("GET ")) && bytes.Contains(line, []byte(" HTTP/1.")) {
		_, _ = io.WriteString(nc, socketMethodNotAllowed)
		return nil
	}
	var call request
	var guidePath string
	upgrader := ws.Upgrader{OnRequest: func(uri []byte) error {
		target := originForm(string(uri))
		path, _, _ := strings.Cut(target, "?")
		if guide.ServesSocket(path) {
			guidePath = path
			return nil
		}
		var err error
		call, err = s.parseBenchURI(target)
		return err
	}}
	if _, err := upgrader.Upgrade(handshakeRW{bytes.NewReader(head), nc}); err != nil {
		return nil
	}
	_ = nc.SetDeadline(time.Time{})
	if guidePath != "" {
		conn := eventloop.NewConn(nc, s.guide.Framing(), rest)
		return func() { s.guide.ServeSocket(guidePath, nc, conn) }
	}
	frames := serverFraming(call)
	return s.serveFramed(call, &framedStream{Conn: eventloop.NewConn(nc, frames, rest), framing: frames, name: framedKind("websocket", call), nc: nc})
}

// serverFraming returns the framing of a call. Only if it answers without a fault does the server send each
// message before it receives the next, so only then can it mirror a message's type.
func serverFraming(call request) *framing.WebSocket {
	traffic := call.Pattern.Traffic()
	mirror := traffic.ClientSends && traffic.ServerSends && !call.Native && call.fault == (Fault{})
	return &framing.WebSocket{Text: call.Text, Mirror: mirror, TextOnly: call.Text && !mirror, EmptyEnd: framing.OtherType(call.Text)}
}

// socketMethodNotAllowed answers requests other than GET.
const socketMethodNotAllowed = "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

func framedKind(name string, call request) string {
	if call.Text {
		return name + "/text"
	}
	return name
}

func (s *Server) parseBenchURI(uri string) (request, error) {
	path, query, _ := strings.Cut(uri, "?")
	if path != proto.BenchPath {
		return request{}, ws.RejectConnectionError(ws.RejectionStatus(404), ws.RejectionReason(noSuchPath))
	}
	call, err := s.parseRequest(query)
	if err != nil {
		return call, ws.RejectConnectionError(ws.RejectionStatus(statusOf(err)), ws.RejectionReason(err.Error()))
	}
	return call, nil
}

// originForm removes scheme and host from a request target, as a server must (RFC 9112,
// section 3.2.2).
func originForm(target string) string {
	_, after, absolute := strings.Cut(target, "://")
	if !absolute || strings.HasPrefix(target, "/") {
		return target
	}
	if i := strings.IndexByte(after, '/'); i >= 0 {
		return after[i:]
	}
	return "/"
}

// handshakeRW gives the upgrader only the request head. Otherwise it would swallow frames
// sent with it.
type handshakeRW struct {
	io.Reader
	io.Writer
}
