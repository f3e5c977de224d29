package server

import (
	"sync/atomic"
	"time"

	"rtbench/proto"
)

// A stream is the server's sending direction of an exchange, independent of the protocol.
// The exchange's handler receives.
type stream interface {
	// Send sends one message; see proto.Conn.
	Send(p []byte) error
	// CloseSend ends the sending direction. It may be called more than once.
	CloseSend() error
	// CloseSent closes the stream once all messages are written.
	CloseSent() error
	// Close closes the stream immediately and unblocks Send. It may be called more than
	// once, from any goroutine; the handler then gets an error.
	Close() error
	fanoutStream
}

// patterns serves each row of proto.Patterns.
var patterns = map[proto.Pattern]func(*Server, proto.Call, stream) pattern{
	proto.Echo:     newEcho,
	proto.Push:     newPusher,
	proto.Upload:   newUpload,
	proto.Fanout:   newSubscriber,
	proto.Generate: newAnswers,
}

// A pattern is the handler of one stream for a traffic pattern.
type pattern interface {
	proto.Handler
	// start is called once, before any message is received.
	start()
	// wait returns when the pattern sends no more. It is called after Ended.
	wait()
}

// exchange is an exchange being served, and the handler of its client's messages.
type exchange struct {
	pattern
	server *Server
	st     stream
	stripe *stripe
	open   *atomic.Int64 // connections, including that of the exchange, if a loop drives it
}

// serve starts the exchange that r asks for on st and returns its handler, which ends st.
func (s *Server) serve(r request, st stream) *exchange {
	stripe := s.stats.stripe()
	if s.stats.streams.Add(1)%freeMemoryEvery == 0 {
		s.freeMemory.Reset(freeMemoryDelay)
	}
	counted, wrap := s.injectFault(&countedStream{stream: st, stripe: stripe}, r)
	v := &exchange{pattern: dropLater(&r, st, wrap(patterns[r.Pattern](s, r.Call, counted))), server: s, st: counted, stripe: stripe}
	v.start()
	return v
}

// After every freeMemoryEvery streams opened, the memory used for opening them is
// returned to the system after freeMemoryDelay, earlier than the collector would.
const (
	freeMemoryEvery = 1000
	freeMemoryDelay = 200 * time.Millisecond
)

func (v *exchange) Message(p []byte, at int64) {
	v.stripe.messagesIn.Add(1)
	v.pattern.Message(p, at)
}

func (v *exchange) Ended(err error) {
	v.pattern.Ended(err)
	_ = v.st.CloseSend()
	_ = v.st.CloseSent()
	v.server.stats.streams.Add(-1)
	if v.open != nil {
		v.open.Add(-1)
	}
}

// passive has empty methods for patterns to embed.
type passive struct{}

func (passive) start()                {}
func (passive) wait()                 {}
func (passive) Message([]byte, int64) {}
func (passive) Ended(error)           {}
