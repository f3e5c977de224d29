package result

import (
	"slices"
	"time"
)

// A Skew is how far apart the agents of a repetition began.
type Skew struct {
	// Spread is the difference between the largest and the least lag of an agent's first message, by their own
	// clocks, and Bound how far apart the clocks of two of them may be; negative if that is unknown.
	Spread time.Duration `json:"spread_ns"`
	Bound  time.Duration `json:"clock_bound_ns"`
	// Limit is the largest sum of both without a finding.
	Limit time.Duration `json:"limit_ns"`
}

// DefaultSkew is how far apart agents may begin without a finding.
const DefaultSkew = time.Millisecond

// SkewOf returns how far apart agents began.
func SkewOf(agents []Agent, limit time.Duration) *Skew {
	s := &Skew{Limit: limit}
	var lags, bounds []time.Duration
	for i := range agents {
		a := &agents[i]
		if a.FirstLag != nil {
			lags = append(lags, *a.FirstLag)
		}
		bounds = append(bounds, a.clockBound())
	}
	if len(lags) > 0 {
		s.Spread = slices.Max(lags) - slices.Min(lags)
	}
	slices.Sort(bounds)
	for _, b := range bounds[max(0, len(bounds)-2):] {
		s.Bound += b
	}
	if len(bounds) > 0 && bounds[0] < 0 {
		s.Bound = -1
	}
	return s
}

// clockBound returns by how much the agent's clock may differ from that by which all agents begin; negative if that
// is unknown.
func (a *Agent) clockBound() time.Duration {
	switch {
	case a.ServerClock != nil:
		return a.ServerClock.Bound
	case a.Clock != nil:
		return a.Clock.Bound
	}
	return 0
}

// Start describes when the agent sent its first message: its lag, and the bound of the agent's clock.
func (a *Agent) Start() string {
	if a.FirstLag == nil {
		return Unknown
	}
	text := Duration(float64(*a.FirstLag))
	switch bound := a.clockBound(); {
	case bound < 0:
		text += " ± " + Unknown
	case bound > 0:
		text += " ± " + Duration(float64(bound))
	}
	return text
}

// judgeSkew checks that the agents began together. Times do not depend on it, since each agent takes them from
// its own clock, but the messages of all of them together may not have arrived as planned.
func judgeSkew(v *Validity, r *Repetition) {
	s := r.Skew
	switch {
	case s == nil || s.Bound >= 0 && s.Spread+s.Bound <= s.Limit:
		return
	case s.Bound < 0:
		v.addReason(Limited, "how far apart the agents began is unknown, because the clock of one could not be read after the repetition")
		return
	}
	v.addReason(Limited, "the first messages of the agents were sent within %s of each other only (%s, and clocks that agree within %s; limit %s): all messages together may not have arrived as planned",
		formatDuration(s.Spread+s.Bound), formatDuration(s.Spread), formatDuration(s.Bound), formatDuration(s.Limit))
}
