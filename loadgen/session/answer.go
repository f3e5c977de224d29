package session

import (
	"cmp"
	"time"

	"rtbench/proto"
	"rtbench/proto/record"
	"rtbench/report/result"
)

// asked is the traffic of clients that send requests, each answered with a stream of tokens. Its messages
// are tokens: those of a reference server are timed from when they were due there, those of a custom target
// from the token before.
var asked = traffic{
	asks: true, handler: answerHandler, total: totalAnswers, outstanding: outstandingAnswers,
	tally: func(_ *Session, c phaseCounts) result.Counters {
		return result.Counters{Due: c.Received, Recorded: c.Received}
	},
}

// perCall reports whether each request opens a stream, which ends with the answer. Otherwise requests follow
// one another on a stream.
func (c *Config) perCall() bool {
	p, _ := proto.ProtocolByName(c.Cell.Protocol)
	return c.pattern().Traffic().Asked && p.PerCall
}

// tokens returns the planned number of tokens of an answer; 0 if the target decides.
func (c *Config) tokens() uint64 { return uint64(c.Cell.Tokens.Count) }

// stallAfter returns the time without a token after which an answer counts as stalled.
func (c *Config) stallAfter() time.Duration {
	if c.custom() {
		return c.Scenario.Custom.Stall
	}
	return cmp.Or(10*c.Cell.Tokens.Every, time.Second)
}

// totalAnswers adds what requests without a whole answer stand for: the tokens that did not come, or one
// failed message each if their number is unknown.
func totalAnswers(g *Group, of *[2]result.Counters, all *record.Ledger) {
	corrupt := [2]uint64{outside: all.Outside().Corrupt, steady: all.Steady.Corrupt}
	for phase := range of {
		n, q := &of[phase], g.requests.counts[phase]
		for _, e := range g.sessions {
			q.add(&e.answering.counts[phase])
		}
		if tokens := g.tokens(); tokens > 0 {
			unsent, wrong := tokens*(q.refused+q.unasked), min(q.missing, corrupt[phase])
			n.Due += unsent + q.missing
			n.NotSent, n.ErrorReplies, n.Lost = unsent, wrong, q.missing-wrong
			continue
		}
		n.NotSent, n.ErrorReplies = q.unasked, q.refused+q.cutOff+q.unfinished
		n.Due += n.NotSent + n.ErrorReplies
	}
}

// answers describes the answers to the requests that were due in the steady phase.
func (a *accounts) answers() {
	if !a.traffic.asks {
		return
	}
	q := a.requests
	n := q.counts[steady]
	for _, e := range a.sessions {
		n.add(&e.answering.counts[steady])
	}
	a.rep.Answers = &result.Answers{
		Requests: n.requests, Ended: n.ended, CutOff: n.cutOff, Refused: n.refused, Unfinished: n.unfinished, Unasked: n.unasked,
		Waited: n.waited, Tokens: n.tokens, Reported: n.reported, Together: n.together, Stalls: n.stalls, StallAfter: a.stallAfter(),
		RetryAfter: q.retryAfter, First: result.Wrap(q.first), PerToken: result.Wrap(q.perToken), Whole: result.Wrap(q.whole),
		Wait: result.Wrap(q.wait), Lag: result.Wrap(q.lag), Between: result.Wrap(q.between.Totals().Response),
	}
	none := result.Wrap(record.NewHistogram())
	if a.custom() { // the generator did not send the tokens
		a.rep.Service, a.rep.Lag = none, none
	}
}
