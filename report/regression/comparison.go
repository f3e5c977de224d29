package regression

import (
	"slices"

	"rtbench/report/metric"
	"rtbench/report/profile"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// A Comparison is the outcome of comparing head with base, for reports and JSON.
type Comparison struct {
	Base string `json:"base"` // names of the two sides
	Head string `json:"head"`
	// Interleaved reports that the two sides ran in turn. Otherwise a slower machine on one day
	// looks like a regression, so the floor is wider.
	Interleaved bool `json:"interleaved"`
	// Crossover reports that the two sides swapped their machines after each pair, so that the machines'
	// speeds cancel.
	Crossover bool    `json:"crossover,omitempty"`
	Level     float64 `json:"level"` // maximum probability of a false regression
	Pairs     int     `json:"pairs,omitempty"`
	// Objective is that of capacities; empty if other metrics are compared. The ratio of a capacity may have
	// only one bound, and N is the number of steps of the shorter search.
	Objective string        `json:"objective,omitempty"`
	LeftOut   int           `json:"left_out,omitempty"` // pairs with a discarded run
	Lines     []Line        `json:"lines"`
	Outcome   stats.Outcome `json:"outcome"`
	// NotCompared lists the cells that cannot be compared. If any of them is in base, a pass becomes
	// inconclusive.
	NotCompared []NotCompared `json:"not_compared,omitempty"`
	// AllowInconclusive reports that an inconclusive outcome is no failure.
	AllowInconclusive bool `json:"allow_inconclusive,omitempty"`
	// Withheld is the reason for making all outcomes inconclusive; empty if they stand.
	Withheld string `json:"withheld,omitempty"`
	// Profiles are the differences between the profiles of the two servers; empty if they were not profiled.
	Profiles []profile.Difference `json:"profiles,omitempty"`
	// Failures describe what the servers of the two sides did wrong.
	Failures []string `json:"server_failures,omitempty"`
	// Warnings limit the conclusions.
	Warnings []string `json:"warnings,omitempty"`
}

// A NotCompared is a cell that is missing or has no repetitions on one side.
type NotCompared struct {
	Cell string `json:"cell"`
	Why  string `json:"why"` // such as "in base only"
}

// A Line compares one metric of a cell.
type Line struct {
	Cell       string        `json:"cell"`
	Metric     string        `json:"metric"`
	Unit       string        `json:"unit"`
	Base       result.Number `json:"base"` // median over repetitions
	Head       result.Number `json:"head"`
	Ratio      result.Number `json:"ratio"` // head/base, or base/head for throughput; above 1 is worse
	Low        result.Number `json:"low"`
	High       result.Number `json:"high"`
	Confidence float64       `json:"confidence"` // of [Low, High]
	P          result.Number `json:"p"`
	N          int           `json:"n"`
	// Floor is the smallest change that counts: 0.05 is 5 %.
	Floor   float64       `json:"floor"`
	Outcome stats.Outcome `json:"outcome"`
	// Warnings are statistical warnings.
	Warnings []string `json:"warnings,omitempty"`
}

// Reasons for NotCompared.
const (
	baseOnly = "in base only"
	headOnly = "in head only"
)

// HeadOnly reports whether base has no such cell, which is no reason to fail.
func (n NotCompared) HeadOnly() bool { return n.Why == headOnly }

// Lacking returns the cells of base that head lacks.
func (c Comparison) Lacking() (cells []string) {
	for _, n := range c.NotCompared {
		if n.Why == baseOnly {
			cells = append(cells, n.Cell)
		}
	}
	return cells
}

// notCompared lists the cells that cannot be compared, base's first.
func notCompared(base, head *result.Result) []NotCompared {
	var out []NotCompared
	for _, b := range base.Cells {
		switch h := head.Cell(b.ID); {
		case h == nil:
			out = append(out, NotCompared{b.ID, baseOnly})
		case len(b.Repetitions) == 0:
			out = append(out, NotCompared{b.ID, "no repetitions in base"})
		case len(h.Repetitions) == 0:
			out = append(out, NotCompared{b.ID, "no repetitions in head"})
		}
	}
	for _, h := range head.Cells {
		if base.Cell(h.ID) == nil {
			out = append(out, NotCompared{h.ID, headOnly})
		}
	}
	return out
}

// Worst returns the cell with the largest regression; empty without one.
func (c Comparison) Worst() (cell string) {
	largest := 0.0
	for _, l := range c.Lines {
		if l.Outcome == stats.Regression && float64(l.Ratio) > largest {
			largest, cell = float64(l.Ratio), l.Cell
		}
	}
	return cell
}

// leaveOut records the cells that cannot be compared.
func (c *Comparison) leaveOut(base, head *result.Result) {
	c.NotCompared = notCompared(base, head)
	inBase := func(n NotCompared) bool { return !n.HeadOnly() }
	if slices.ContainsFunc(c.NotCompared, inBase) && c.Outcome == stats.Pass {
		c.Outcome = stats.Inconclusive
	}
}

// A point is a metric of a cell on both sides.
type point struct {
	base, head *result.Cell
	metric     metric.Metric
}

// points returns the applicable metrics of the cells that both results have, in the order of base.
// Times of different kinds are left out.
func points(base, head *result.Result, metrics []metric.Metric) []point {
	var out []point
	for _, b := range base.Cells {
		h := head.Cell(b.ID)
		if h == nil {
			continue
		}
		for _, m := range metrics {
			if m.Exists(b.Config) && m.Measures(b.Config) && m.Compares(b.Config, h.Config) {
				out = append(out, point{b, h, m.In(b.Config)})
			}
		}
	}
	return out
}

// line returns the evidence for the metric with the median of each side's values.
func (p point) line(base, head []float64, floor float64, e stats.Evidence) Line {
	l := Line{
		Cell: p.base.ID, Metric: p.metric.Name, Unit: unit(p.metric),
		Base: result.Number(stats.Median(base)),
		Head: result.Number(stats.Median(head)),
	}
	l.judge(e, floor)
	return l
}

// judge fills in the evidence.
func (l *Line) judge(e stats.Evidence, floor float64) {
	l.Ratio, l.Low, l.High, l.P = result.Number(e.Ratio), result.Number(e.Low), result.Number(e.High), result.Number(e.P)
	l.Confidence, l.N, l.Floor, l.Outcome = e.Confidence, e.N, floor, e.Outcome
	for _, w := range e.Warnings {
		l.Warnings = append(l.Warnings, w.Error())
	}
}
