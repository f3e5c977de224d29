package server

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"rtbench/proto/wire"
	"rtbench/server/guide"
)

// benchPath is where the HTTP based protocols serve the neutral workload; the
// call is the query.
const benchPath = "/bench"

// serveWebSocket serves GET /bench?CALL as a WebSocket, and the guide's.
func serveWebSocket(s *Server, l net.Listener) service {
	return newConnService(s.secure(l, "http/1.1"), s.serveWebSocketConn)
}

func (s *Server) serveWebSocketConn(nc net.Conn) (serve func()) {
	_ = nc.SetDeadline(time.Now().Add(handshakeTimeout))
	head, rest, err := readHead(nc)
	if err != nil {
		return nil
	}
	var call request
	var guidePath string
	upgrader := ws.Upgrader{OnRequest: func(uri []byte) error {
		path, _, _ := strings.Cut(string(uri), "?")
		if guide.ServesSocket(path) {
			guidePath = path
			return nil
		}
		var err error
		call, err = s.parseBenchURI(string(uri))
		return err
	}}
	if _, err := upgrader.Upgrade(handshakeRW{bytes.NewReader(head), nc}); err != nil {
		return nil
	}
	_ = nc.SetDeadline(time.Time{})
	if guidePath != "" {
		conn := wire.NewConn(nc, s.guide.Framing(), rest)
		return func() { s.guide.ServeSocket(guidePath, nc, conn) }
	}
	framing := &wire.WebSocket{Text: call.Text}
	return s.serveFramed(call, &framedStream{Conn: wire.NewConn(nc, framing, rest), framing: framing, name: framedKind("websocket", call)})
}

func framedKind(name string, call request) string {
	if call.Text {
		return name + "/text"
	}
	return name
}

func (s *Server) parseBenchURI(uri string) (request, error) {
	path, query, _ := strings.Cut(uri, "?")
	if path != benchPath {
		return request{}, ws.RejectConnectionError(ws.RejectionStatus(404), ws.RejectionReason(noSuchPath))
	}
	call, err := s.parseRequest(query)
	if err != nil {
		return call, ws.RejectConnectionError(ws.RejectionStatus(400), ws.RejectionReason(err.Error()))
	}
	return call, nil
}

// handshakeRW gives gobwas's upgrader the request alone, which would otherwise
// swallow frames that came with it.
type handshakeRW struct {
	io.Reader
	io.Writer
}

const longestHead = 16 << 10

var errHead = errors.New("request head is too long")

// readHead reads a request up to the empty line, and returns what came after it
// apart.
func readHead(r io.Reader) (head, rest []byte, err error) {
	buf := make([]byte, 0, 1024)
	for {
		if len(buf) > longestHead {
			return nil, nil, errHead
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if i := bytes.Index(buf, []byte("\r\n\r\n")); i >= 0 {
			return buf[:i+4], buf[i+4:], nil
		}
		if err != nil {
			return nil, nil, err
		}
	}
}
