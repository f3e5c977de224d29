package regression

import (
	"rtbench/report/result"
	"rtbench/report/stats"
)

// A Comparison is the answer, whole: what a report shows and a program reads.
type Comparison struct {
	Base string `json:"base"` // what the two are, in the user's words
	Head string `json:"head"`
	// Interleaved says that the two ran in turn. Where they did not, a machine that
	// was slower on one of the days looks like a regression, and the floor is wider.
	Interleaved bool          `json:"interleaved"`
	Level       float64       `json:"level"` // the chance of a false regression, at most
	Pairs       int           `json:"pairs,omitempty"`
	LeftOut     int           `json:"left_out,omitempty"` // of those, pairs with an invalid run
	Lines       []Line        `json:"lines"`
	Outcome     stats.Outcome `json:"outcome"`
	// NotCompared are the cells that cannot be compared; with any of them a pass is
	// inconclusive.
	NotCompared []NotCompared `json:"not_compared,omitempty"`
	// Strict reports that an inconclusive outcome was to count as a failure.
	Strict bool `json:"strict,omitempty"`
	// Withheld is why no outcome is given: each is inconclusive then.
	Withheld string `json:"withheld,omitempty"`
	// Warnings are what makes the answer weaker than it looks.
	Warnings []string `json:"warnings,omitempty"`
}

// A NotCompared is a cell that one of the two does not have, or has no repetition of.
type NotCompared struct {
	Cell string `json:"cell"`
	Why  string `json:"why"` // in base only
}

// A Line is one figure of one cell.
type Line struct {
	Cell       string        `json:"cell"`
	Metric     string        `json:"metric"`
	Unit       string        `json:"unit"`
	Base       result.Number `json:"base"` // the median over repetitions
	Head       result.Number `json:"head"`
	Ratio      result.Number `json:"ratio"` // of head to base, above 1 is worse (throughput: base to head)
	Low        result.Number `json:"low"`
	High       result.Number `json:"high"`
	Confidence float64       `json:"confidence"` // of [Low, High]
	P          result.Number `json:"p"`
	N          int           `json:"n"`
	// Floor is the change that does not count: 0.05 is 5 %.
	Floor   float64       `json:"floor"`
	Outcome stats.Outcome `json:"outcome"`
	// Warnings are those of the statistics.
	Warnings []string `json:"warnings,omitempty"`
}

// notCompared lists the cells that cannot be compared, in base's order and then head's.
func notCompared(base, head *result.Result) []NotCompared {
	var out []NotCompared
	for _, b := range base.Cells {
		switch h := head.Cell(b.ID); {
		case h == nil:
			out = append(out, NotCompared{b.ID, "in base only"})
		case len(b.Repetitions) == 0:
			out = append(out, NotCompared{b.ID, "no repetitions in base"})
		case len(h.Repetitions) == 0:
			out = append(out, NotCompared{b.ID, "no repetitions in head"})
		}
	}
	for _, h := range head.Cells {
		if base.Cell(h.ID) == nil {
			out = append(out, NotCompared{h.ID, "in head only"})
		}
	}
	return out
}

// leaveOut notes the cells that cannot be compared.
func (c *Comparison) leaveOut(base, head *result.Result) {
	c.NotCompared = notCompared(base, head)
	if len(c.NotCompared) > 0 && c.Outcome == stats.Pass {
		c.Outcome = stats.Inconclusive
	}
}

// A point is a figure of a cell on both sides.
type point struct {
	base, head *result.Cell
	metric     Metric
}

// points lists the cells that both results have, each with the figures that tell
// something of it, in base's order. Times of two kinds are not compared.
func points(base, head *result.Result, figures []Metric) []point {
	var out []point
	for _, b := range base.Cells {
		h := head.Cell(b.ID)
		if h == nil {
			continue
		}
		for _, f := range figures {
			if f.appliesTo(b.Config) && (!f.time || b.Config.Times == h.Config.Times) {
				out = append(out, point{b, h, f.inCell(b.Config)})
			}
		}
	}
	return out
}

func (p point) line(floor float64, e stats.Evidence) Line {
	l := Line{
		Cell: p.base.ID, Metric: p.metric.Name, Unit: p.metric.Unit,
		Base:  result.Number(stats.Median(p.base.Values(p.metric.Value))),
		Head:  result.Number(stats.Median(p.head.Values(p.metric.Value))),
		Ratio: result.Number(e.Ratio), Low: result.Number(e.Low), High: result.Number(e.High), P: result.Number(e.P),
		Confidence: e.Confidence, N: e.N, Floor: floor, Outcome: e.Outcome,
	}
	for _, w := range e.Warnings {
		l.Warnings = append(l.Warnings, w.Error())
	}
	return l
}
