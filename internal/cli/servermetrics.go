package cli

import (
	"slices"
	"strings"

	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// direct checks the server's own metrics of --metrics, and sets the direction of those without one. all are the known
// metrics, and better returns "lower", "higher" or "".
func (j *judgeFlags) direct(all []quantity.Quantity, better func(name string) string) error {
	for i, m := range j.metrics {
		if !strings.HasPrefix(m.Name, metric.ServerPrefix) {
			continue
		}
		if !slices.ContainsFunc(all, func(q quantity.Quantity) bool { return q.Name == m.Name }) {
			return usageError("--metrics: %s", scenarios.UnknownServerMetric(m.Name, all))
		}
		if !m.Undirected {
			continue
		}
		direction := better(m.Name)
		if direction == "" {
			return usageError("--metrics %s: unknown whether less or more is better; expected %s:lower or %s:higher, or better: in target.stats.series", m.Name, m.Name, m.Name)
		}
		j.metrics[i].Higher, j.metrics[i].Undirected = direction == "higher", false
	}
	return nil
}

// directByScenarios is direct for the metrics that scenarios name.
func (j *judgeFlags) directByScenarios(list []*scenarios.Scenario) error {
	var all []quantity.Quantity
	directions := map[string]string{}
	for _, s := range list {
		if s.Custom != nil {
			for _, q := range s.Custom.Stats.Metrics() {
				all = append(all, q)
				directions[q.Name] = s.Custom.Stats.Better(q.Name)
			}
		}
	}
	return j.direct(all, func(name string) string { return directions[name] })
}

// directByResults is direct for the metrics of stored results.
func (j *judgeFlags) directByResults(base, head *result.Result) error {
	var all []quantity.Quantity
	cells := slices.Concat(base.Cells, head.Cells)
	for _, m := range metric.Server(cells...) {
		all = append(all, m.Quantity)
	}
	return j.direct(all, func(name string) string {
		_, better, _ := metric.ServerUnit(name, cells)
		return better
	})
}

// measuresOneServer returns a warning if base and head are different servers whose metrics come from one source, and
// whether that is so.
func (g *gateFlags) measuresOneServer(list []*scenarios.Scenario) (warning string, one bool) {
	if slices.Equal(g.base, g.head) || slices.ContainsFunc(slices.Concat(g.base, g.head), func(s string) bool { return strings.HasPrefix(s, "exec:") }) {
		return "", false
	}
	for _, s := range list {
		if s.Custom != nil && !s.Custom.Stats.None() {
			return "target.stats of scenario " + s.Name + " is one source for base and head, which are different servers: their CPU time is not told apart", true
		}
	}
	return "", false
}
