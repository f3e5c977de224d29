package session

import (
	"rtbench/report/result"
)

// foldBursts makes the sink record by the time within the period of bursts. A server that counts by itself does not
// know it, and the tokens of an answer are not due when its request is.
func (g *Group) foldBursts() {
	if g.Wave.On > 0 && !g.traffic.summary && !g.traffic.asks && g.Turns.Of == 0 {
		g.Sink.Fold(g.Wave)
	}
}

// bursts returns the times and counts within the period of bursts; nil without bursts.
func (a *accounts) bursts() *result.Bursts {
	f := a.Sink.Folded()
	if f == nil || a.cutShort() {
		return nil
	}
	b := &result.Bursts{Period: a.Wave.Period, On: a.Wave.On, Backlog: f.Backlog, Drained: f.Drained}
	for _, p := range f.Parts {
		packed, err := result.Pack(p.Response)
		if err != nil {
			packed = result.Wrap(p.Response)
		}
		b.Parts = append(b.Parts, result.BurstPart{Start: p.Start, Length: p.Length, Response: packed, Waiting: result.Number(p.Waiting)})
	}
	return b
}
