package server

import (
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
	_ = nc.SetReadDeadline(time.Now().Add(s.cfg.HandshakeTimeout))
	st := &framedStream{Conn: eventloop.NewConn(nc, framing.TCP{}, nil), framing: framing.TCP{}, name: "tcp", nc: nc}
	query, err := st.Recv()
	if err != nil {
		return nil
	}
	_ = nc.SetReadDeadline(time.Time{})
	call, err := s.parseRequest(string(query))
	// The reply to the call is one message: empty, or the error.
	if err != nil {
		_ = st.Send([]byte(err.Error()))
		_ = st.Finish(drainTimeout)
		return nil
	}
	if st.Send(nil) != nil {
		return nil
	}
	return s.serveFramed(call, st)
}
