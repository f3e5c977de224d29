package server

import (
	"context"
	"net"
	"net/http"

	"github.com/gobwas/ws"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/server/guide"
)

// A socket is a stream with the receiving direction, which a goroutine reads.
type socket interface {
	stream
	Recv() ([]byte, error)
}

// socketService serves GET /bench?CALL with a WebSocket library on net/http, and the guide's paths.
type socketService struct {
	server *Server
	open   openConns // they outlive the handlers of net/http
	// accept answers the handshake of a call with messages of text or bytes. After an error, the request
	// is answered.
	accept func(w http.ResponseWriter, r *http.Request, text bool) (socket, error)
	// detaches means that a goroutine of its own serves a WebSocket, instead of the handler's.
	detaches bool
}

func (sv *socketService) serve(l net.Listener) (stop func()) {
	h := &http.Server{
		Handler: sv, ReadHeaderTimeout: sv.server.cfg.HandshakeTimeout, MaxHeaderBytes: sv.server.cfg.MaxHeader, ErrorLog: discardLog,
		ConnContext: func(ctx context.Context, nc net.Conn) context.Context { return context.WithValue(ctx, connKey{}, nc) },
	}
	stopHTTP := serveHTTP(h, sv.server.secure(l, "http/1.1"))
	return func() {
		stopHTTP()
		sv.open.close()
	}
}

// ServeHTTP implements http.Handler.
func (sv *socketService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	switch {
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		refuseSocket(w, "expected GET", http.StatusMethodNotAllowed)
	case guide.ServesSocket(path):
		sv.serveGuide(w, r, path)
	case path != proto.BenchPath:
		refuseSocket(w, noSuchPath, http.StatusNotFound)
	default:
		call, err := sv.server.parseRequest(r.URL.RawQuery)
		if err != nil {
			refuseSocket(w, err.Error(), statusOf(err))
			return
		}
		sv.serveCall(w, r, call)
	}
}

// refuseSocket answers a request without an upgrade and closes its connection, on which frames may
// follow.
func refuseSocket(w http.ResponseWriter, text string, status int) {
	w.Header().Set("Connection", "close")
	http.Error(w, text, status)
}

func (sv *socketService) serveCall(w http.ResponseWriter, r *http.Request, call request) {
	st, err := sv.accept(w, r, call.Text)
	if err != nil {
		return
	}
	if !sv.open.add(st) {
		return
	}
	serve := func() {
		defer sv.open.remove(st)
		v := sv.server.serve(call, st)
		proto.Receive(st, v)
		v.wait()
	}
	if sv.detaches {
		go serve()
		return
	}
	serve()
}

func (sv *socketService) serveGuide(w http.ResponseWriter, r *http.Request, path string) {
	nc, buffered, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		if nc != nil {
			_ = nc.Close()
		}
		return
	}
	rest, _ := buffered.Peek(buffered.Reader.Buffered())
	if sv.open.add(nc) {
		defer sv.open.remove(nc)
		sv.server.guide.ServeSocket(path, nc, eventloop.NewConn(nc, sv.server.guide.Framing(), rest))
	}
}

// socketKind is the kind of a socket with messages of text or bytes.
func socketKind(text bool) string {
	if text {
		return "websocket/text"
	}
	return "websocket"
}

type connKey struct{}

// connOfRequest returns the connection of a request to a socketService.
func connOfRequest(r *http.Request) net.Conn {
	nc, _ := r.Context().Value(connKey{}).(net.Conn)
	return nc
}

// isEnd reports whether a message ends the client's messages: an empty one of the other type than the
// call's. A close frame would end both directions, since libraries answer it at once.
func isEnd(p []byte, text, callText bool) bool { return len(p) == 0 && text != callText }
