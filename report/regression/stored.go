package regression

import (
	"fmt"
	"math"

	"rtbench/report/result"
	"rtbench/report/stats"
)

// StoredFloor is the change between two stored results that does not count: four
// times a gate's, since whatever the machine was like on each day is in the ratio
// (stats.Compare has the simulation that says four).
const StoredFloor = 4 * DefaultFloor

// Stored compares two stored results, cell by cell. They are taken as like:
// result.Differences says whether they are. noise is this machine's, the zero value
// where it is not known; floor and level are as in a Gate. Figures are adjusted
// together (Holm).
func Stored(base, head *result.Result, figures []Figure, noise Noise, floor, level float64) Comparison {
	c := Comparison{Level: level}
	ps := points(base, head, figures)
	es := make([]stats.Evidence, len(ps))
	adjusted := make([]float64, len(ps))
	floors := make([]float64, len(ps))
	for i, p := range ps {
		n, _ := noise.Of(p.base, p.figure)
		floors[i] = math.Max(floor, 8*n.Of(min(len(p.base.Repetitions), len(p.head.Repetitions))))
		es[i] = stats.Compare(p.base.Values(p.figure.Value), p.head.Values(p.figure.Value), p.figure.MoreIsWorse, floors[i], level)
		adjusted[i] = es[i].P
	}
	for i, p := range stats.Holm(adjusted) {
		if es[i].P = p; p > level && es[i].Outcome == stats.Regression {
			es[i].Outcome = stats.Inconclusive
			es[i].Warnings = append(es[i].Warnings, fmt.Errorf("a regression by itself, but not among %d figures (Holm)", len(ps)))
		}
		c.Lines = append(c.Lines, ps[i].line(floors[i], es[i]))
	}
	c.Outcome = stats.Overall(es)
	c.Warnings = append(c.Warnings, "not interleaved: the two ran at different times, and whatever else changed between them is in the ratio")
	if n := lonely(base, head); n > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("%d cells are in one of the two results only and were not compared", n))
		if c.Outcome == stats.Pass {
			c.Outcome = stats.Inconclusive
		}
	}
	return c
}

// lonely counts the cells that only one of the two has.
func lonely(base, head *result.Result) (n int) {
	for _, c := range base.Cells {
		if head.Cell(c.ID) == nil {
			n++
		}
	}
	for _, c := range head.Cells {
		if base.Cell(c.ID) == nil {
			n++
		}
	}
	return n
}
