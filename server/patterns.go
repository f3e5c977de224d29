package server

import (
	"runtime"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
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
	packer
}

// A pattern is a handler at work on one stream.
type pattern interface {
	proto.Handler
	// begin is called once, before anything is received.
	begin()
	// wait returns when the pattern, whose handler was told the end, sends no more.
	wait()
}

// grace is how long the server waits, having sent all it had, for the peer to
// end the stream.
const grace = 2 * time.Second

// served is an exchange being served: the handler of what its client sends.
type served struct {
	pattern
	server *Server
	st     stream
	stripe *stripe
	place  *place // of the connection, where a loop drives it
}

// serve begins the exchange that r asks for on st. Its handler must be told the
// end, and ends st then.
func (s *Server) serve(r request, st stream) *served {
	stripe := s.stats.stripe()
	if s.stats.streams.Add(1)%crowd == 0 {
		s.tidy.Reset(tidyAfter)
	}
	st, decoded := natively(st, r.Call)
	counted, around := s.faulty(&countedStream{stream: st, stripe: stripe}, r)
	v := &served{pattern: decoded(around(s.patternOf(r.Call, counted))), server: s, st: counted, stripe: stripe}
	v.begin()
	return v
}

// When so many more streams are open than before, what their opening took goes back to
// the system a little later, and not whenever the collector gets to it.
const (
	crowd     = 1000
	tidyAfter = 200 * time.Millisecond
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
func (v *served) Message(p []byte, at int64) {
	v.stripe.messagesIn.Add(1)
	v.pattern.Message(p, at)
}

// Ended implements proto.Handler.
func (v *served) Ended(err error) {
	v.pattern.Ended(err)
	_ = v.st.CloseSend()
	_ = v.st.CloseSent()
	v.server.stats.streams.Add(-1)
	if v.place != nil {
		v.place.leave()
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

// A pusher sends messages by a plan, as a pace.Task, or as fast as the stream takes
// them.
type pusher struct {
	st       stream
	call     proto.Call
	pacer    *pace.Metronome // nil: no plan
	server   *Server
	message  *proto.Message
	seq      uint64
	gone     chan struct{} // the client has left
	finished chan struct{}
}

// floodTurn is how many messages of one stream go out as fast as they can before the
// others have a turn, and who asks for the stats: by itself a goroutine would go on
// for 10 ms. With 64 it cost half of the rate, since the client was woken for each few.
const floodTurn = 512

func newPusher(s *Server, c proto.Call, st stream) *pusher {
	p := &pusher{
		st: st, call: c, server: s, message: proto.NewMessage(c.Size, c.Text),
		gone: make(chan struct{}), finished: make(chan struct{}),
	}
	if len(c.Profile) > 0 {
		p.pacer = s.metronome(c)
	}
	return p
}

func (p *pusher) begin() {
	if p.pacer != nil {
		p.pacer.Add(p.call.Origin, pace.NewPlan(p.call.Profile, p.call.Arrivals, p.call.Seed, p.call.Share, p.call.Of), p)
		return
	}
	p.server.ending.Go(func() {
		for p.Fire(clock.Now()) { // each is due when it is sent, until the client has had enough
			if p.seq%floodTurn == 0 {
				runtime.Gosched()
			}
		}
		p.finish()
	})
}

// Message implements proto.Handler: there is nothing to say to a server that pushes.
func (p *pusher) Message([]byte, int64) {}

// Ended implements proto.Handler.
func (p *pusher) Ended(error) {
	close(p.gone)
	if p.pacer != nil {
		p.pacer.Drop(p)
	}
}

func (p *pusher) wait() { <-p.finished }

// Fire implements pace.Task.
func (p *pusher) Fire(due int64) bool {
	b := p.message.Stamp(proto.Header{Seq: p.seq, Intended: due, Sent: clock.Now(), Stream: uint32(p.call.Share)})
	p.seq++
	return p.st.Send(b) == nil
}

// Done implements pace.Task.
func (p *pusher) Done() { p.server.ending.Go(p.finish) }

func (p *pusher) finish() {
	defer close(p.finished)
	finish(p.st, p.gone)
}

// finish ends a stream from the server's side: the client is told, and has some time
// to leave, once it has what was sent.
func finish(st stream, gone <-chan struct{}) {
	_ = st.CloseSend()
	tick := time.NewTicker(grace)
	defer tick.Stop()
	for p := (patience{}); ; {
		select {
		case <-gone:
			return
		case <-tick.C:
			if p.over(st) {
				_ = st.Close()
				return
			}
		}
	}
}

// patience is had with a client that has been told the end. It is asked once in each
// grace.
type patience struct{ left int }

// over says that the client has all that was sent, or has taken nothing of it since it
// was last asked, and still has not left.
func (p *patience) over(st stream) bool {
	before := p.left
	p.left = st.Buffered()
	return p.left == 0 || p.left == before
}
