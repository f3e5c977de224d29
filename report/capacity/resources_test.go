package capacity

import (
	"strings"
	"testing"
	"time"

	"rtbench/report/metric"
	"rtbench/report/result"
)

// missed returns a point whose step missed the objective, with a server that used so many cores.
func missed(cores float64, values ...result.ServerValue) Point {
	r := &result.Repetition{
		Phases: result.Phases{Steady: time.Second}, Server: result.Resources{Known: true, CPU: time.Duration(cores * float64(time.Second))},
		Client: result.Resources{Known: true}, Thresholds: []result.Outcome{{Text: "p(99) < 1ms"}},
		ServerMetrics: &result.ServerMetrics{Series: []result.ServerSeries{{Name: "cgroup", Values: values}}},
	}
	return Point{Cell: metric.Merge(&result.Cell{Config: result.Config{Target: "ws://h/ws"}, Repetitions: []*result.Repetition{r}}), At: 1000}
}

// A server that its quota holds back ran out of that, even if it used few cores.
func TestRanOutOfQuota(t *testing.T) {
	t.Parallel()
	quota := func(v float64) result.ServerValue {
		return result.ServerValue{Name: "cgroup_quota_cores", Value: result.Number(v)}
	}
	throttled := func(v float64) result.ServerValue {
		return result.ServerValue{Name: "cgroup_throttled_periods", Value: result.Number(v)}
	}
	for want, p := range map[string]Point{
		"CPU quota, throttled in 43 % of its periods": missed(0.5, quota(0.5), throttled(0.43)),
		"CPU 0.48/0.5 of its quota":                   missed(0.48, quota(0.5), throttled(0.01)),
		"not CPU 0.20 cores":                          missed(0.2, quota(0.5), throttled(0)),
		"not CPU 0.30 cores":                          missed(0.3),
	} {
		s := &Subject{Points: []Point{p}, Answer: Answer{Kind: Found, Interval: Interval{Low: 900, At: 950, High: 1000}}}
		if got := s.RanOut(result.Environment{Cores: 4}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		s.Answer = Answer{Kind: Below, Interval: Interval{High: 1000}}
		if _, _, idle := s.Idle(); idle != strings.HasPrefix(want, "not CPU") {
			t.Errorf("%s: idle is %v", want, idle)
		}
	}
}
