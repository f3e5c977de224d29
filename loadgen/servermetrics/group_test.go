package servermetrics

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rtbench/proto/usage"
)

// A value of a control group that its readings lack is left out: none is silently 0.
func TestGroup(t *testing.T) {
	t.Parallel()
	const second = time.Second
	for name, c := range map[string]struct {
		first, last usage.GroupUsage
		values      string
		problem     string
	}{
		"whole": {
			usage.GroupUsage{CPU: second, Quota: 0.5, Periods: 10, ThrottledPeriods: 1, Memory: 1000, MemoryPeak: 5000},
			usage.GroupUsage{CPU: 2 * second, Quota: 0.5, Periods: 30, ThrottledPeriods: 6, Throttled: second / 2, Memory: 3000, MemoryPeak: 6000},
			"cgroup_cores=0.5 cgroup_quota_cores=0.5 cgroup_throttled_periods=0.25 cgroup_throttled_time=0.25 cgroup_memory_mean=2000 cgroup_memory_peak=6000", "",
		},
		"no quota":    {usage.GroupUsage{CPU: second, Memory: 1}, usage.GroupUsage{CPU: second, Memory: 1}, "cgroup_cores=0 cgroup_memory_mean=1 cgroup_memory_peak=1", ""},
		"no memory":   {usage.GroupUsage{CPU: second}, usage.GroupUsage{CPU: 2 * second}, "cgroup_cores=0.5", "its memory is not reported"},
		"no CPU time": {usage.GroupUsage{Memory: 5}, usage.GroupUsage{Memory: 5}, "cgroup_memory_mean=5 cgroup_memory_peak=5", "its CPU time is not reported"},
		"idle":        {usage.GroupUsage{CPU: 1, Quota: 1, Memory: 1}, usage.GroupUsage{CPU: 1, Quota: 1, Memory: 1}, "cgroup_cores=0 cgroup_quota_cores=1 cgroup_throttled_periods=0 cgroup_throttled_time=0 cgroup_memory_mean=1 cgroup_memory_peak=1", ""},
		"new quota":   {usage.GroupUsage{CPU: 1, Quota: 2, Periods: 9, Memory: 1}, usage.GroupUsage{CPU: 1, Quota: 1, Periods: 3, Memory: 1}, "cgroup_cores=0 cgroup_quota_cores=1 cgroup_memory_mean=1 cgroup_memory_peak=1", ""},
		"made again":  {usage.GroupUsage{CPU: second, Memory: 1}, usage.GroupUsage{CPU: 5, Memory: 1}, "", "the control group was made again"},
	} {
		var g group
		g.add(int64(second), c.first)
		g.add(int64(3*second), c.last)
		s := g.result("/app")
		var values []string
		for _, v := range s.Values {
			values = append(values, fmt.Sprintf("%s=%v", v.Name, float64(v.Value)))
		}
		if got := strings.Join(values, " "); got != c.values || !strings.Contains(s.Problem, c.problem) || (c.problem == "") != (s.Problem == "") {
			t.Errorf("%s: %s, %q; want %s, %q", name, got, s.Problem, c.values, c.problem)
		}
	}
}
