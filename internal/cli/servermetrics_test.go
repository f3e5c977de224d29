package cli

import (
	"strings"
	"testing"

	"rtbench/report/metric"
	"rtbench/report/regression"
	"rtbench/scenarios"
)

const watched = `{name: x, target: {websocket: 'ws://127.0.0.1:9/', stats: {prometheus: 'http://127.0.0.1:9/metrics', cgroup: /sys/fs/cgroup/a,
	series: {queue: app_queue_depth, cache: {metric: app_cache_hits_total, better: higher}}}}, pattern: echo, load: {rate: 1/s}}`

// The direction of a metric is that of the flag, or of the scenario, or obvious.
func TestDirectionOfServerMetrics(t *testing.T) {
	t.Parallel()
	s, err := scenarios.Parse("x.yaml", []byte(watched))
	if err != nil {
		t.Fatal(err)
	}
	for names, want := range map[string]string{
		"p50,server.queue_max:lower":      "",
		"server.queue_mean:higher":        "",
		"server.cache_per_s":              "",
		"server.cgroup_throttled_periods": "",
		"server.queue_max":                "--metrics server.queue_max: unknown whether less or more is better; expected server.queue_max:lower or server.queue_max:higher",
		"server.queue_min:lower":          `unknown metric "server.queue_min"; expected one of server.queue_per_s`,
		"server.queue_max:less":           `server.queue_max: found the direction "less"; expected :lower or :higher`,
	} {
		var j judgeFlags
		j.metrics, err = regression.MetricsNamed(strings.Split(names, ","))
		if err == nil {
			err = j.directByScenarios([]*scenarios.Scenario{s})
		}
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", names, err, want)
		case want == "":
			m := j.metrics[len(j.metrics)-1]
			if higher := strings.HasSuffix(names, "higher") || strings.Contains(names, "cache"); m.Higher != higher || m.Undirected || !strings.HasPrefix(m.Name, metric.ServerPrefix) {
				t.Errorf("%s: %+v", names, m)
			}
		}
	}
}

// One source of metrics cannot tell two servers apart that run at the same time.
func TestOneSourceOfServerMetricsForTwoServers(t *testing.T) {
	t.Parallel()
	s, err := scenarios.Parse("x.yaml", []byte(watched))
	if err != nil {
		t.Fatal(err)
	}
	for base, want := range map[string]bool{"ws://a": true, "exec:./old": false, "ws://b": false} {
		g := gateFlags{base: []string{base}, head: []string{"ws://b"}}
		if why, one := g.measuresOneServer([]*scenarios.Scenario{s}); one != want || one != strings.Contains(why, "one source for base and head") {
			t.Errorf("%s: %s, %v", base, why, one)
		}
	}
}
