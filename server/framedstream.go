package server

import (
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// A framedStream is a stream on a connection of its own.
type framedStream struct {
	*eventloop.Conn
	framing framing.Framing
	name    string
	loop    *eventloop.Loop // that drives it, or nil
	slot    *connSlot
}

// releaseAtEnd has v, the exchange on st, give st's place back at its end where a loop drives
// it. It is called before anyone can end v.
func (f *framedStream) releaseAtEnd(v *exchange) {
	if f.loop != nil {
		f.slot.handOver()
		v.slot = f.slot
	}
}

// receive has st's loop drive it, or where that is nil returns what receives. through
// gives what comes, and the end, to the handler.
func receive(v *exchange, st *framedStream, through proto.Handler) (serve func()) {
	if st.loop == nil {
		return func() {
			proto.Receive(st.Conn, through)
			v.wait()
		}
	}
	st.PauseReads = true
	if err := st.Drive(st.loop, through); err != nil {
		_ = st.Close()
		through.Ended(err)
	}
	return nil
}

// serveFramed serves what r asks for where all that comes on the connection is the
// stream's messages.
func (s *Server) serveFramed(r request, st *framedStream) (serve func()) {
	st.loop = s.loopFor(r)
	v := s.serve(r, st)
	st.releaseAtEnd(v)
	return receive(v, st, v)
}

// loopFor returns the loop that is to drive the stream of r, or nil.
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
