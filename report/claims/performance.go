package claims

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"rtbench/report/metric"
	"rtbench/report/result"
)

// guideRanking follows from the guide's row "Performance": very high (gRPC), high (WebSockets),
// medium (SSE).
var guideRanking = []string{"grpc", "websocket", "sse"}

var performanceMetrics = []struct {
	id string
	by metric.Metric
}{
	{"throughput-per-cpu", metric.For(metric.PerCPU)},
	{"p99", labelled(metric.Time(99), "p99 at equal load")},
}

// Performance tests the ranking gRPC > WebSocket > SSE for echo and push in an open loop. It
// returns a claim for each metric at each such point of r, in order.
func Performance(r *result.Result) []Claim {
	var out []Claim
	sameLoad := func(c result.Config) bool {
		return c.API == "" && c.Model == "open" && (c.Pattern == "echo" || c.Pattern == "push")
	}
	for _, group := range groupsOf(r, sameLoad) {
		for _, m := range performanceMetrics {
			out = append(out, check(group, m.by, m.id))
		}
	}
	return out
}

func check(g group, m metric.Metric, id string) Claim {
	c := Claim{
		ID:        "performance/" + g.id() + "/" + id,
		Statement: fmt.Sprintf("%s, %s: gRPC (very high) > WebSocket (high) > SSE (medium)", g.id(), m.Label),
	}
	protocols := append([]string(nil), guideRanking...)
	if g.cells["sse"] == nil && g.cells["sse-h2"] != nil {
		protocols[2] = "sse-h2"
		c.Evidence = append(c.Evidence, "SSE is measured over HTTP/2 here")
	}
	for _, p := range protocols {
		if g.cells[p] == nil {
			c.Verdict = NotTestable
			c.Evidence = append(c.Evidence, "the result has no cell for "+p)
			return c
		}
	}
	c.Measured = measured(g, m, protocols)
	verdicts := map[Verdict]int{}
	for i := range len(protocols) - 1 {
		v, evidence := compare(g, m, protocols[i], protocols[i+1])
		verdicts[v]++
		c.Evidence = append(c.Evidence, evidence)
	}
	switch {
	case verdicts[Refuted] > 0:
		c.Verdict = Refuted
	case verdicts[Inconclusive] > 0:
		c.Verdict = Inconclusive
	default:
		c.Verdict = Confirmed
	}
	return c
}

// compare tests whether protocol a is ahead of b, using the ratios of repetitions that ran side by
// side.
func compare(g group, m metric.Metric, a, b string) (Verdict, string) {
	in, ahead, behind := m.Ratio(g.cells[a], g.cells[b], minLead)
	evidence := fmt.Sprintf("%s / %s = %.2f, %.1f %% interval [%.2f, %.2f] over %d pairs", a, b, in.Median, 100*in.Confidence, in.Low, in.High, in.N)
	switch {
	case in.N < metric.MinPairs:
		return Inconclusive, fmt.Sprintf("%s / %s: %s of repetitions; a %.0f %% interval needs %d", a, b, result.Plural(in.N, "usable pair"), 100*metric.Confidence, metric.MinPairs)
	case ahead:
		return Confirmed, evidence + ": " + a + " is ahead"
	case behind:
		return Refuted, evidence + ": " + b + " is ahead"
	}
	return Inconclusive, evidence + ": no difference shown"
}

// measured returns the ranking of the protocols by their medians, best first.
func measured(g group, m metric.Metric, protocols []string) string {
	type entry struct {
		name  string
		value float64
	}
	var list []entry
	for _, p := range protocols {
		if v := m.Value(metric.Merge(g.cells[p])); !math.IsNaN(v) {
			list = append(list, entry{p, v})
		}
	}
	slices.SortStableFunc(list, func(a, b entry) int {
		if m.Higher {
			a, b = b, a
		}
		return cmp.Compare(a.value, b.value)
	})
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = e.name + " " + m.Format(e.value)
	}
	return strings.Join(parts, ", ")
}
