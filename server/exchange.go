package server

import (
	"time"

	"rtbench/proto"
)

// A stream is the server's way to the client of one exchange, whatever the
// protocol. What comes back is given to the exchange's handler.
type stream interface {
	// Send sends one message, as proto.Conn has it.
	Send(p []byte) error
	// CloseSend says that no more messages follow. It may be called more than once.
	CloseSend() error
	// CloseSent ends the stream when what was sent is on its way.
	CloseSent() error
	// Close ends the stream now and unblocks Send. Any goroutine, any number of
	// times; what comes later is an error of the handler's.
	Close() error
	fanoutStream
}

// A pattern is a handler at work on one stream.
type pattern interface {
	proto.Handler
	// begin is called once, before anything is received.
	begin()
	// wait returns when the pattern, whose handler was told the end, sends no more.
	wait()
}

// exchange is an exchange being served: the handler of what its client sends.
type exchange struct {
	pattern
	server *Server
	st     stream
	stripe *stripe
	slot   *connSlot // of the connection, where a loop drives it
}

// serve begins the exchange that r asks for on st. Its handler must be told the
// end, and ends st then.
func (s *Server) serve(r request, st stream) *exchange {
	stripe := s.stats.stripe()
	if s.stats.streams.Add(1)%freeMemoryEvery == 0 {
		s.freeMemory.Reset(freeMemoryDelay)
	}
	st, decoded := withNativeEncoding(st, r.Call)
	counted, around := s.injectFault(&countedStream{stream: st, stripe: stripe}, r)
	v := &exchange{pattern: decoded(around(s.patternOf(r.Call, counted))), server: s, st: counted, stripe: stripe}
	v.begin()
	return v
}

// When so many more streams are open than before, what their opening took goes back to
// the system a little later, and not whenever the collector gets to it.
const (
	freeMemoryEvery = 1000
	freeMemoryDelay = 200 * time.Millisecond
)

func (s *Server) patternOf(c proto.Call, st stream) pattern {
	switch c.Pattern {
	case proto.Upload:
		return newUpload(&s.uploads, c, st)
	case proto.Push:
		return newPusher(s, c, st)
	case proto.Fanout:
		return &subscriber{hub: &s.hub, call: c, st: st}
	}
	return echo{st: st}
}

// Message implements proto.Handler.
func (v *exchange) Message(p []byte, at int64) {
	v.stripe.messagesIn.Add(1)
	v.pattern.Message(p, at)
}

// Ended implements proto.Handler.
func (v *exchange) Ended(err error) {
	v.pattern.Ended(err)
	_ = v.st.CloseSend()
	_ = v.st.CloseSent()
	v.server.stats.streams.Add(-1)
	if v.slot != nil {
		v.slot.release()
	}
}

// passive is what most patterns do not do.
type passive struct{}

func (passive) begin()                {}
func (passive) wait()                 {}
func (passive) Message([]byte, int64) {}
func (passive) Ended(error)           {}

// echo returns each message as it came.
type echo struct {
	passive
	st stream
}

func (e echo) Message(p []byte, _ int64) {
	if e.st.Send(p) != nil {
		_ = e.st.Close()
	}
}
