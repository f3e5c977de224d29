package session

import (
	"errors"
	"math/rand/v2"
	"sync/atomic"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
	"rtbench/proto/record"
)

// A Session is one stream of a group, and those that replace it after it ended. Its sender sends; a
// shared event loop or its own goroutine receives.
type Session struct {
	sender
	driver   *connection
	receiver *record.Receiver
	handler  handler
	loop     *eventloop.Loop // drives its streams, or nil
	summary  *record.Summary // of an upload, once received

	opened        int64       // start of the current stream's opening; 0: there is none
	receiveStart  int64       // receiving began on the first stream
	gone          atomic.Bool // the stream ended and is not reopened
	closedHere    bool        // by the receiver
	endedByServer bool        // the server has sent everything
	// receivedBefore is the number of messages received before the current stream. emptyStreams
	// counts consecutive streams that delivered none.
	receivedBefore uint64
	emptyStreams   int
	delays         *delays   // before its attempts to reconnect; nil if rtbench chooses them
	storm          *storm    // the event that ended its stream
	crossing       *crossing // of an open loop, unless messages are delivered to it; nil before the first cut

	user       int // the number of the user whose stream it is; at first that of the stream
	owed       *owed
	streamTime *streamTime // nil until the stream ends
	pushed     *pushState  // nil unless the target is custom
	partitions []crossedPartition
	answering  *answering       // nil unless the traffic asks
	deliveries *deliveries      // nil unless another group sends the messages
	between    *record.Recorder // of deliveries from generators with other clocks; nil without
}

func newSession(g *Group, d *connection, l *activeStream, share int, opened int64) *Session {
	e := &Session{sender: sender{g: g, share: share, number: uint32(g.number(share))}, driver: d, opened: opened}
	e.user = g.number(share)
	e.delays = newDelays(&g.Cell, e.user)
	if g.Cell.Churns() {
		e.visit = newVisit(g)
	}
	if g.Cell.Think.Most() > 0 || g.usersAsk() {
		e.loopState.pauses = rand.NewPCG(uint64(g.Cell.Seed), uint64(e.number))
	}
	if g.custom() {
		e.pushed = new(pushState)
	}
	e.active.Store(l)
	return e
}

// attach prepares receiving, by l unless it is nil, also on streams that replace this one. m is the
// buffer of sent messages.
func (e *Session) attach(rec *record.Recorder, m *proto.Message, l *eventloop.Loop) {
	e.message = m
	e.active.Load().setMessage(&e.g.Config, m)
	c := e.call()
	if e.g.traffic.gaps || e.g.traffic.asks {
		c.Profile = nil // send times are unknown, or follow requests
	}
	e.receiver = record.NewReceiver(rec, c)
	if e.g.source != nil {
		e.deliveries = newDeliveries(e, rec)
	}
	if e.visit != nil {
		e.owed = newOwedTo(e)
	}
	if e.g.Sends() && !e.g.traffic.gaps && e.g.source == nil {
		e.receiver.Seqs = &e.origin().seqs
	}
	if e.pushed != nil && e.pushed.gap == nil {
		e.pushed.gap = e.receiver
	}
	e.handler, e.loop, e.receiveStart = e.g.traffic.handler(e), l, clock.Now()
}

// receive receives on the session's stream until it ends.
func (e *Session) receive() {
	if e.g.perCall() {
		if !e.g.requests.opened(e) {
			e.leave()
		}
		return
	}
	e.handler.start()
	proto.Receive(e.stream(), e.handler)
}

// drive makes the session's loop drive its stream. It returns false if that is not supported.
func (e *Session) drive() bool {
	switch err := e.stream().Loop.Drive(e.loop, e.handler); {
	case errors.Is(err, errors.ErrUnsupported):
		return false
	case err != nil:
		_ = e.active.Load().close()
		e.handler.Ended(err)
	default:
		e.loop.Post(func() { e.handler.start() })
	}
	return true
}

// closeStream closes the stream on behalf of the receiver.
func (e *Session) closeStream() {
	e.closedHere = true
	_ = e.active.Load().close()
}

// received returns the number of messages received on the session's streams.
func (e *Session) received() uint64 {
	n := e.expected()
	if e.pushed != nil && e.pushed.unstamped != nil {
		n += e.pushed.unstamped.gap.Sequence.Received()
	}
	return n
}

// expected returns the number of received messages that the scenario measures.
func (e *Session) expected() uint64 {
	if e.deliveries != nil {
		return e.receiver.Sequence.Received() + e.answered.Load()
	}
	return e.receiver.Sequence.Received()
}

// ledger returns the counts of the end that measures.
func (e *Session) ledger() record.Ledger {
	switch {
	case e.deliveries != nil:
		return e.deliveries.ledger(e.receiver.Sequence.Ledger())
	case !e.g.traffic.summary:
		return e.receiver.Sequence.Ledger()
	case e.summary == nil:
		return record.Ledger{}
	}
	return e.summary.Ledger
}

// origin returns the session whose messages e receives.
func (e *Session) origin() *Session {
	if e.g.traffic.senders == firstSends {
		return e.g.sessions[0]
	}
	return e
}
