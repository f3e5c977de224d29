package regression

import (
	"math"
	"slices"

	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// StoredFloor is the default floor between two stored results, four times that of a gate because
// the ratio includes the state of the machine at both times (see the simulation in stats.Compare).
const StoredFloor = 4 * DefaultFloor

// CompareStored compares two stored results cell by cell. They must be comparable, see
// result.Differences. noise is the noise of this machine, if known; floor and level are as in Gate.
// P-values are Holm-adjusted over all metrics.
func CompareStored(base, head *result.Result, metrics []metric.Metric, noise Noise, floor, level float64) Comparison {
	c := Comparison{Level: level}
	ps := slices.DeleteFunc(points(base, head, metrics), func(p point) bool {
		return len(p.base.Repetitions) == 0 || len(p.head.Repetitions) == 0
	})
	es := make([]stats.Evidence, len(ps))
	floors := make([]float64, len(ps))
	for i, p := range ps {
		n, _ := noise.Of(p.base, p.metric)
		floors[i] = math.Max(floor, 8*n.Of(min(len(p.base.Repetitions), len(p.head.Repetitions))))
		es[i] = stats.Compare(p.metric.Values(p.base), p.metric.Values(p.head), !p.metric.Higher, floors[i], level)
	}
	stats.Adjust(es, floors, level)
	for i, p := range ps {
		c.Lines = append(c.Lines, p.line(p.metric.Values(p.base), p.metric.Values(p.head), floors[i], es[i]))
	}
	c.Outcome = stats.Overall(es)
	c.Warnings = append(c.Warnings, notInterleaved)
	c.leaveOut(base, head)
	return c
}

const notInterleaved = "not interleaved: the ratio includes everything else that changed between the two runs"
