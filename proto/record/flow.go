package record

import (
	"rtbench/proto"
	"rtbench/proto/pace"
)

// A Flow is what a stream's measured messages say as a series: whether their
// sent times follow the plan, and how much a response time resembles the one
// before it. Both are sums, so that those of many streams add up. The zero value
// is empty.
type Flow struct {
	// Gaps counts the gaps between neighbouring messages of a stream by their
	// length, the last bin those beyond. A gap's unit is the planned mean: how many
	// messages of the stream were due in it. Evenly planned ones are all 1 long,
	// Poisson ones exponential with the mean 1. Empty without a plan.
	Gaps [GapBins]uint64 `json:"gaps"`
	// Pairs is how many neighbours the sums below are of. X is the response time in
	// seconds of the earlier of two, Y of the later.
	Pairs uint64  `json:"pairs"`
	X     float64 `json:"x"`
	Y     float64 `json:"y"`
	XX    float64 `json:"xx"`
	YY    float64 `json:"yy"`
	XY    float64 `json:"xy"`
}

// The bins of Flow.Gaps: GapBins of a width of 1/GapsPerMean, the first from 0.
const (
	GapBins     = 81
	GapsPerMean = 20
)

// Add adds the counts and sums of another flow.
func (f *Flow) Add(o *Flow) {
	for i, n := range o.Gaps {
		f.Gaps[i] += n
	}
	f.Pairs += o.Pairs
	f.X, f.Y = f.X+o.X, f.Y+o.Y
	f.XX, f.YY, f.XY = f.XX+o.XX, f.YY+o.YY, f.XY+o.XY
}

// A flowBuilder fills a Flow with one stream's part.
type flowBuilder struct {
	profile pace.Profile
	origin  int64
	scale   float64 // gaps per planned message of the profile, times GapsPerMean
	flat    float64 // the same per nanosecond, where the steady phase has one rate

	started bool
	seq     uint64
	sent    int64
	before  int64 // the response time of seq
}

func newFlowBuilder(c proto.Call) flowBuilder {
	of := max(c.Of, 1)
	if c.Pattern == proto.Fanout {
		of = 1 // all subscribers get the topic's one plan
	}
	f := flowBuilder{profile: c.Profile, origin: c.Origin, scale: GapsPerMean / float64(of)}
	if rate, ok := c.Profile.FlatIn(c.SteadyFrom-c.Origin, c.SteadyTo-c.Origin); ok {
		f.flat = rate / 1e9 * f.scale
	}
	return f
}

// take fills in m with what message h of the steady phase leaves, the first time that
// it arrives. Where one is missing between it and the last there is no gap to measure,
// and they are no neighbours.
func (f *flowBuilder) take(m *measured, h *proto.Header, received int64) {
	m.intended, m.sent, m.received = h.Intended, h.Sent, received
	m.gap, m.paired = noGap, false
	if f.started && h.Seq == f.seq+1 {
		m.paired, m.before = true, f.before
		if len(f.profile) > 0 {
			m.gap = f.gap(h.Sent)
		}
	}
	f.started, f.seq, f.sent, f.before = true, h.Seq, h.Sent, received-h.Intended
}

// gap returns the bin of Flow.Gaps of a message sent at sent.
func (f *flowBuilder) gap(sent int64) int8 {
	length := float64(sent-f.sent) * f.flat
	if f.flat == 0 {
		length = (f.profile.CountAt(sent-f.origin) - f.profile.CountAt(f.sent-f.origin)) * f.scale
	}
	return int8(min(max(length, 0), GapBins-1))
}

// add enters a message.
func (f *Flow) add(m *measured) {
	if m.gap != noGap {
		f.Gaps[m.gap]++
	}
	if !m.paired {
		return
	}
	x, y := float64(m.before)/1e9, float64(m.received-m.intended)/1e9
	f.Pairs++
	f.X += x
	f.Y += y
	f.XX += x * x
	f.YY += y * y
	f.XY += x * y
}
