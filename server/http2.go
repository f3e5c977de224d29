package server

import (
	"net"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// serveHTTP2 serves the connections of l with package http2: on event loops, or with a
// goroutine each.
func (s *Server) serveHTTP2(l net.Listener, h *http2.Server) (stop func()) {
	h.MaxHeader, h.HandshakeTimeout = s.cfg.MaxHeader, s.cfg.HandshakeTimeout
	return s.serveConns(s.secure(l, "h2"), func(nc net.Conn) (serve func()) {
		c, err := h.NewConn(nc)
		if err != nil {
			return nil
		}
		loop := s.loopFor(request{})
		if loop == nil || !eventloop.Drivable(nc) {
			return c.Serve
		}
		open := handOver(nc)
		if open == nil {
			return nil
		}
		ended := func() { open.Add(-1) }
		if c.ServeOn(loop, ended) != nil {
			ended()
		}
		return nil
	})
}

// An http2Stream is a stream on a connection of package http2.
type http2Stream struct {
	*http2.Stream
	framing framing.Framing
	name    string
	loop    *eventloop.Loop // drives the stream; nil if goroutines do
}

func newHTTP2Stream(st *http2.Stream, r request, f framing.Framing, name string) http2Stream {
	s := http2Stream{Stream: st, framing: f, name: name}
	if r.fault == (Fault{}) {
		s.loop = st.DrivenBy()
	}
	return s
}

// CloseSent implements stream. CloseSend has the same effect.
func (st http2Stream) CloseSent() error { return nil }

func (st http2Stream) drivenBy() *eventloop.Loop { return st.loop }

func (st http2Stream) kind() string { return st.name }

func (st http2Stream) encodeShared(into *sharedMessage, p []byte) error {
	into.bytes = st.framing.Append(into.bytes[:0], p)
	return nil
}

func (st http2Stream) sendShared(p *sharedMessage) error { return st.SendEncoded(p.bytes) }

// handleHTTP2 passes the end of st to v, and its messages if in is not nil, which frames them.
// wait returns at the end of the exchange. A faulty exchange may block, so it uses goroutines.
func (s *Server) handleHTTP2(st *http2.Stream, r request, in framing.Framing, v proto.Handler, wait func()) {
	switch faulty := r.fault != (Fault{}); {
	case !faulty && st.DrivenBy() != nil:
		st.Handle(in, v)
	case !faulty:
		st.Handle(in, waitingHandler{v, s, wait})
	case in == nil:
		st.Handle(nil, blockingHandler{v, s, wait})
	default:
		st.Receive(in)
		s.workers.Go(func() {
			proto.Receive(st, v)
			wait()
		})
	}
}

// A waitingHandler makes the server wait for the goroutines of its exchange after the end.
type waitingHandler struct {
	proto.Handler
	server *Server
	wait   func()
}

func (h waitingHandler) Ended(err error) {
	h.Handler.Ended(err)
	h.server.workers.Go(h.wait)
}

// A blockingHandler may block at the end.
type blockingHandler waitingHandler

func (h blockingHandler) Ended(err error) {
	h.server.workers.Go(func() {
		h.Handler.Ended(err)
		h.wait()
	})
}
