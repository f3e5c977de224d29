package server

import (
	"net"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// A framedStream is a stream on its own connection.
type framedStream struct {
	*eventloop.Conn
	framing framing.Framing
	name    string
	loop    *eventloop.Loop // drives the stream; nil: a goroutine does
	nc      net.Conn        // of Conn; nil once a loop drives the stream
}

// handOver keeps the connection counted until the end of v if a loop drives it. It is called before
// v can end.
func (f *framedStream) handOver(v *exchange) {
	if f.loop != nil {
		v.open, f.nc = handOver(f.nc), nil
	}
}

// receive passes messages and the end to h: a loop does if st has one, otherwise the
// returned function.
func receive(v *exchange, st *framedStream, h proto.Handler) (serve func()) {
	if st.loop == nil {
		return func() {
			proto.Receive(st.Conn, h)
			v.wait()
		}
	}
	st.PauseReads = true
	if err := st.Drive(st.loop, h); err != nil {
		_ = st.Close()
		h.Ended(err)
	}
	return nil
}

// serveFramed serves r on a connection that carries only messages.
func (s *Server) serveFramed(r request, st *framedStream) (serve func()) {
	st.loop = s.loopFor(r)
	v := s.serve(r, st)
	st.handOver(v)
	return receive(v, st, v)
}

// loopFor returns the loop for the stream of r, or nil.
func (s *Server) loopFor(r request) *eventloop.Loop {
	if len(s.loops) == 0 || r.fault != (Fault{}) {
		return nil
	}
	return s.loops[s.nextLoop.Add(1)%uint32(len(s.loops))]
}

func (f *framedStream) drivenBy() *eventloop.Loop { return f.loop }

func (f *framedStream) kind() string { return f.name }

func (f *framedStream) encodeShared(into *sharedMessage, p []byte) error {
	into.bytes = f.framing.Append(into.bytes[:0], p)
	return nil
}

func (f *framedStream) sendShared(p *sharedMessage) error { return f.SendEncoded(p.bytes) }
