package server

import (
	"io"
	"net"
	"time"

	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// serveTCP serves the floor: a connection's first message is the call, all others belong
// to the stream.
func serveTCP(s *Server, l net.Listener) (stop func()) {
	return s.serveConns(s.secure(l), s.serveTCPConn)
}

func (s *Server) serveTCPConn(nc net.Conn) (serve func()) {
	st := &framedStream{Conn: eventloop.NewConn(nc, framing.TCP{}, nil), framing: framing.TCP{}, name: "tcp", nc: nc}
	call, ok := s.acceptTCP(nc, st, s.parseRequest)
	if !ok {
		return nil
	}
	return s.serveFramed(call, st)
}

// acceptTCP reads the call on a connection and replies with one message: empty, or the error of admit.
func (s *Server) acceptTCP(nc net.Conn, st socket, admit func(query string) (request, error)) (call request, ok bool) {
	_ = nc.SetReadDeadline(time.Now().Add(s.cfg.HandshakeTimeout))
	query, err := st.Recv()
	if err != nil {
		return call, false
	}
	_ = nc.SetReadDeadline(time.Time{})
	if call, err = admit(string(query)); err == nil {
		return call, st.Send(nil) == nil
	}
	_ = st.Send([]byte(err.Error()))
	_ = st.CloseSend()
	_ = nc.SetReadDeadline(time.Now().Add(drainTimeout))
	_, _ = io.Copy(io.Discard, nc) // a reset would destroy the reply
	return call, false
}
