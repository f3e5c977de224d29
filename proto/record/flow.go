package record

import (
	"math"
	"slices"
	"time"

	"rtbench/proto"
	"rtbench/proto/pace"
)

// A Flow describes a stream's measured messages as a time series: whether their send
// times follow the plan, and how strongly consecutive response times correlate. All its
// fields are sums, so that streams can be added. The zero value is empty.
type Flow struct {
	// Gaps counts the gaps between consecutive messages of a stream by length; the last
	// bin holds all longer ones. The unit is the planned mean gap, that is, the number of
	// messages due within the gap. With constant arrivals and those of a trace all gaps are 1; with random
	// arrivals they have their distribution, with mean 1. Empty without a plan.
	Gaps [GapBins]uint64 `json:"gaps"`
	// Pairs is the number of consecutive pairs in the sums below. X and Y are the
	// response times in seconds of the earlier and the later message.
	Pairs uint64  `json:"pairs"`
	X     float64 `json:"x"`
	Y     float64 `json:"y"`
	XX    float64 `json:"xx"`
	YY    float64 `json:"yy"`
	XY    float64 `json:"xy"`
}

// Flow.Gaps has GapBins bins of width 1/GapsPerMean, starting at 0.
const (
	GapBins     = 81
	GapsPerMean = 20
)

// Add adds another flow.
func (f *Flow) Add(o *Flow) {
	for i, n := range o.Gaps {
		f.Gaps[i] += n
	}
	f.Pairs += o.Pairs
	f.X, f.Y = f.X+o.X, f.Y+o.Y
	f.XX, f.YY, f.XY = f.XX+o.XX, f.YY+o.YY, f.XY+o.XY
}

// A flowPlan is what the plan of a stream's messages says of their gaps. It does not change.
type flowPlan struct {
	profile pace.Profile
	turns   pace.Turns
	wave    pace.Wave
	origin  int64
	scale   float64 // gaps per planned message of the profile, times GapsPerMean
	flat    float64 // the same per nanosecond, if the rate is constant in the steady phase

	replays bool // the messages follow a trace, whose gaps this end does not know
}

// A flowBuilder adds one stream's messages to a Flow.
type flowBuilder struct {
	*flowPlan
	after  uint64 // number of the last message plus 1; 0: there was none
	due    int64
	sent   int64
	before int64 // its response time
}

func newFlowPlan(c proto.Call) flowPlan {
	of := max(c.Of, 1)
	if c.Pattern.Traffic().Shared {
		of = 1
	}
	f := flowPlan{profile: c.Profile, turns: c.Turns, wave: c.Wave, origin: c.Origin, scale: GapsPerMean / float64(of)}
	f.replays = c.Arrivals == pace.Replayed
	if rate, ok := c.Profile.FlatIn(f.profileTime(c.SteadyFrom), f.profileTime(c.SteadyTo)); ok {
		f.flat = rate / 1e9 * f.scale
	}
	return f
}

// equal reports whether two plans are the same.
func (f *flowPlan) equal(o *flowPlan) bool {
	return slices.Equal(f.profile, o.profile) && f.turns == o.turns && f.wave == o.wave && f.origin == o.origin &&
		f.scale == o.scale && f.flat == o.flat && f.replays == o.replays
}

// take fills in m from message h of the steady phase, on its first arrival. If a message
// is missing before it, there is no gap and no pair.
func (f *flowBuilder) take(m *measured, h *proto.Header, received int64) {
	m.intended, m.sent, m.received = h.Intended, h.Sent, received
	m.gap, m.paired = noGap, false
	if f.after != 0 && h.Seq == f.after {
		m.paired, m.before = true, f.before
		if len(f.profile) > 0 {
			m.gap = f.gap(h)
		}
	}
	f.after, f.due, f.sent, f.before = h.Seq+1, h.Intended, h.Sent, received-h.Intended
}

// profileTime returns the time of the load's profile at a time of clock.Now.
func (f *flowPlan) profileTime(t int64) int64 {
	return int64(f.wave.Flat(f.turns.Active(time.Duration(t - f.origin))))
}

// gap returns the bin of Flow.Gaps for message h. A gap of a trace counts as 1 and how much longer it
// became by sending late.
func (f *flowBuilder) gap(h *proto.Header) int8 {
	if f.replays {
		longer := float64(h.Sent-f.sent-(h.Intended-f.due)) * f.flat
		return int8(min(max(GapsPerMean+math.Floor(longer), 0), GapBins-1))
	}
	from, to := f.profileTime(f.sent), f.profileTime(h.Sent)
	length := float64(to-from) * f.flat
	if f.flat == 0 {
		length = (f.profile.CountAt(to) - f.profile.CountAt(from)) * f.scale
	}
	return int8(min(max(length, 0), GapBins-1))
}

// add adds a message.
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
