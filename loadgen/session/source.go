package session

import (
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

// A source is where numbered messages come from.
type source interface {
	// next returns the number of the first message that has not been sent, and steadyFrom that of the first of
	// the steady phase, or any that was not sent before.
	next() uint64
	steadyFrom() uint64
	// unsent returns how many messages were not sent, by phase.
	unsent() [2]uint64
}

// newOwedTo returns what the users of a session are owed; nil if messages have no numbers, or are replies.
func newOwedTo(e *Session) *owed {
	g := e.g
	switch {
	case g.source != nil:
		sources := make([]source, e.deliveries.senders.Len())
		for i := range sources {
			sources[i] = noSource{}
		}
		for _, from := range g.source.sessions {
			if number := from.number; e.deliveries.senders.Has(number) {
				sources[e.deliveries.senders.Index(number)] = senderSource{from}
			}
		}
		return newOwed(g, sources)
	case g.custom() || g.guide() || g.Sends():
		return nil
	}
	return newOwed(g, []source{newPlanSource(g, e.call())})
}

// noSource is that of a sender whose stream did not open.
type noSource struct{}

func (noSource) next() uint64          { return 0 }
func (noSource) steadyFrom() uint64    { return 0 }
func (noSource) unsent() (n [2]uint64) { return n }

// senderSource are the messages of a session that another group sends.
type senderSource struct{ *Session }

func (s senderSource) next() uint64 {
	return s.attempts[outside].due() + s.attempts[steady].due()
}

func (s senderSource) steadyFrom() uint64 { return s.attempts[outside].due() }

func (s senderSource) unsent() (n [2]uint64) {
	for phase := range n {
		n[phase] = s.attempts[phase].unsent.Load() + s.attempts[phase].rejected.Load()
	}
	return n
}

// planSource are the messages that a server sends by a plan.
type planSource struct {
	origin int64
	plan   *pace.Plan
	passed uint64
	before uint64 // the steady phase
	end    int64
}

func newPlanSource(g *Group, c proto.Call) *planSource {
	until := time.Duration(g.From - g.Origin)
	before := g.plan(c).CountPlanned(until, func(time.Duration) bool { return true })
	return &planSource{origin: g.Origin, plan: g.plan(c), before: before, end: g.To}
}

// next is called with the lock of the owed held.
func (s *planSource) next() uint64 {
	if now := min(clock.Now(), s.end); now > s.origin {
		s.passed += s.plan.SkipTo(time.Duration(now - s.origin))
	}
	return s.passed
}

func (s *planSource) steadyFrom() uint64 { return s.before }

func (*planSource) unsent() [2]uint64 { return [2]uint64{} }
