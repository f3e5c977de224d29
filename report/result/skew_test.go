package result

import (
	"strings"
	"testing"
	"time"
)

// Agents began together if the lags of their first messages differ by the limit at most, clocks included.
func TestSkewOfAgents(t *testing.T) {
	t.Parallel()
	agent := func(lag time.Duration, server, coordinator *ClockOffset) Agent {
		return Agent{Name: "a", FirstLag: &lag, ServerClock: server, Clock: coordinator}
	}
	within := func(bound time.Duration) *ClockOffset { return &ClockOffset{Bound: bound} }
	for _, e := range []struct {
		agents        []Agent
		spread, bound time.Duration
		found         bool
	}{
		{[]Agent{{}, {}}, 0, 0, false}, // the server sends
		{[]Agent{agent(5*time.Millisecond, nil, nil), agent(5900*time.Microsecond, nil, nil)}, 900 * time.Microsecond, 0, false},
		{[]Agent{agent(0, nil, nil), agent(1100*time.Microsecond, nil, nil)}, 1100 * time.Microsecond, 0, true},
		{[]Agent{agent(0, nil, within(300*time.Microsecond)), agent(0, nil, within(200*time.Microsecond)), agent(600*time.Microsecond, nil, within(time.Microsecond))}, 600 * time.Microsecond, 500 * time.Microsecond, true},
		{[]Agent{agent(0, within(time.Microsecond), within(time.Second)), agent(0, nil, nil)}, 0, time.Microsecond, false},
		{[]Agent{agent(0, nil, within(-1)), agent(0, nil, within(time.Microsecond))}, 0, -1, true},
	} {
		s := SkewOf(e.agents, DefaultSkew)
		var v Validity
		judgeSkew(&v, &Repetition{Skew: s})
		if s.Spread != e.spread || s.Bound != e.bound || (len(v.Findings) > 0) != e.found {
			t.Errorf("%+v: %+v, %v", e, s, v.Reasons())
		}
		for _, reason := range v.Reasons() {
			want := "were sent within 1.10 ms of each other only"
			if s.Bound < 0 {
				want = "how far apart the agents began is unknown"
			}
			if !strings.Contains(reason, want) {
				t.Errorf("the reason is %q", reason)
			}
		}
	}
	first, second, other := agent(1200*time.Microsecond, within(8*time.Microsecond), nil), agent(0, nil, within(-1)), Agent{}
	if text := first.Start() + ", " + second.Start() + ", " + other.Start(); text != "1.20 ms ± 8.00 µs, 0 ns ± –, –" {
		t.Errorf("agents started %s", text)
	}
}
