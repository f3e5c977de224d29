package loadgen

import (
	"time"

	"rtbench/loadgen/session"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/record"
	"rtbench/report/result"
)

// describe fills in what g has done so far.
func describe(s *result.Status, g *session.Group) {
	now := clock.Now()
	s.Recorded = g.Sink.Count()
	so := g.Sink.Live()
	s.Response = func() result.Histogram { return result.Wrap(g.Sink.Response()) }
	percentile := func(p float64, at record.Glance) result.StatusTime {
		if !g.Open() { // nothing is due, so nothing is late
			at.Low = at.At
		}
		return result.LiveTime(result.EnoughSoFar(p, so, at), at.Low, at.At)
	}
	s.P50, s.P99 = percentile(50, so.P50), percentile(99, so.P99)
	_, s.FailedMessages, s.Errors = g.Failures()
	if s.Phase == "steady" {
		s.Elapsed, s.Length = time.Duration(now-g.From), time.Duration(g.To-g.From)
	}
	if g.Open() {
		const glance = int64(10 * time.Millisecond)
		at := min(max(int64(active(g, now)), glance), int64(g.Profile.Length()))
		s.HasPlan = true
		s.Planned = (g.PlannedBy(at) - g.PlannedBy(at-glance)) / (10 * time.Millisecond).Seconds()
		switch traffic := proto.Pattern(g.Cell.Pattern).Traffic(); {
		case traffic.Shared:
			s.Planned *= float64(g.Opened()) / float64(max(1, g.Cell.Rooms))
		case traffic.Asked:
			s.Planned *= g.Share.Fraction(&g.Cell) * float64(g.Cell.Tokens.Count)
			s.HasPlan = g.Cell.Tokens.Count > 0 // of tokens
		default:
			s.Planned *= g.Share.Fraction(&g.Cell)
		}
	}
}

// active returns the time of the group's plan, which stands still outside its turns.
func active(g *session.Group, now int64) time.Duration {
	return g.Turns.Active(time.Duration(now - g.Origin))
}

// rates hold the messages at the last status of the steady phase; other phases record nothing.
type rates struct {
	at       time.Duration // of the group's plan
	recorded uint64
}

// fill fills in g's rate since the last status, and the CPU use between the last two samples.
func (p *rates) fill(s *result.Status, g *session.Group, of *sampler) {
	now, counted := active(g, clock.Now()), g.Summarizes()
	if since := now - p.at; p.at > 0 && since > 0 && !counted {
		s.Achieved = float64(s.Recorded-p.recorded) / since.Seconds()
	}
	if s.Phase == "steady" {
		p.at, p.recorded = now, s.Recorded
	}
	a, b := of.lastTwo()
	seconds := (b.At - a.At).Seconds()
	if seconds <= 0 {
		return
	}
	if counted {
		s.Achieved = float64(b.Recorded-a.Recorded) / seconds
	}
	s.ClientCores = (b.Client.CPU - a.Client.CPU).Seconds() / seconds
	if a.Server != nil && b.Server != nil {
		s.ServerCores = (b.Server.CPU - a.Server.CPU).Seconds() / seconds
		s.ServerKnown = true
	}
}

func (o Options) notify(s result.Status) {
	if o.OnStatus != nil {
		o.OnStatus(s)
	}
}
