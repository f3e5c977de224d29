package result

import "slices"

// A Threshold is a threshold of a scenario with its outcomes in all cells.
type Threshold struct {
	Scenario, Text string
	Holds          bool // in each repetition of each cell
	Varies         bool // the repetitions have different values
	Cells          []ThresholdCell

	first Outcome
}

// A ThresholdCell holds the outcomes of a threshold in one cell.
type ThresholdCell struct {
	Cell       string
	Failed, Of int // repetitions
	// Worst is the outcome of the repetition, counted from 1, with the worst value: one in
	// which it does not hold if there is one.
	Worst      Outcome
	Repetition int
}

// Thresholds returns the thresholds that r was checked against, each once, in their order.
func (r *Result) Thresholds() []*Threshold {
	var out []*Threshold
	for _, c := range r.Cells {
		for _, rep := range c.Repetitions {
			for _, o := range rep.Thresholds {
				at := threshold(&out, c.Config.Scenario, o.Text)
				at.note(c.ID, rep.Index+1, o)
			}
		}
	}
	return out
}

func threshold(list *[]*Threshold, scenario, text string) *Threshold {
	for _, t := range *list {
		if t.Scenario == scenario && t.Text == text {
			return t
		}
	}
	t := &Threshold{Scenario: scenario, Text: text, Holds: true}
	*list = append(*list, t)
	return t
}

func (t *Threshold) note(cell string, repetition int, o Outcome) {
	last := len(t.Cells) - 1
	if last < 0 {
		t.first = o
	}
	t.Varies = t.Varies || !slices.Equal(o.Observed, t.first.Observed) || o.Where != t.first.Where || o.Error != t.first.Error
	if last < 0 || t.Cells[last].Cell != cell {
		t.Cells = append(t.Cells, ThresholdCell{Cell: cell, Worst: o, Repetition: repetition})
		last++
	}
	c := &t.Cells[last]
	c.Of++
	if !o.Holds {
		t.Holds = false
		c.Failed++
	}
	if o.worse(c.Worst) {
		c.Worst, c.Repetition = o, repetition
	}
}

// worse reports whether o is a worse outcome than p of the same threshold.
func (o Outcome) worse(p Outcome) bool {
	if o.Holds != p.Holds {
		return !o.Holds
	}
	return WorseThan(o.Observed, p.Observed, o.Worse)
}

// WorseThan reports whether the first value in a is worse than the first in b: higher if worse
// is 1 or 0, lower if it is -1.
func WorseThan(a, b []Observed, worse int) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(b) == 0 && len(a) > 0
	}
	if worse < 0 {
		return a[0].Value < b[0].Value
	}
	return a[0].Value > b[0].Value
}

// WorstCell is the cell with the worst outcome.
func (t *Threshold) WorstCell() ThresholdCell {
	worst := t.Cells[0]
	for _, c := range t.Cells[1:] {
		if c.Worst.worse(worst.Worst) {
			worst = c
		}
	}
	return worst
}
