package session

import (
	"rtbench/proto/record"
	"rtbench/report/result"
)

// between measures the messages that a group receives from generators with other clocks, apart from those
// whose times need one clock only.
type between struct {
	sink      *record.Sink // nil if there are none
	recorders []*record.Recorder
}

// prepare creates the recorders if another group sends to g from generators with other clocks.
func (b *between) prepare(g *Group) {
	if from := g.source; from == nil || !from.differentClocks() {
		return
	}
	b.sink = record.NewSink(g.Window)
	b.recorders = record.NewRecorders(b.sink, len(g.sessions))
	for i, e := range g.sessions {
		e.between = b.recorders[i]
	}
}

// differentClocks reports whether the times of any generator are not exact here.
func (c *Config) differentClocks() bool {
	for stream := range c.Cell.Connections * c.Cell.Streams {
		if !c.sharesClock(stream) {
			return true
		}
	}
	return false
}

// Between returns the delivery times of messages from generators with other clocks, after Collect.
func (g *Group) Between() result.Histogram {
	if g.between.sink == nil || g.between.sink.Count() == 0 {
		return result.Histogram{}
	}
	return result.Wrap(g.between.sink.Totals().Response)
}
