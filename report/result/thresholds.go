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

// An Outcome is what became of a threshold.
type Outcome struct {
	Text  string `json:"text"`
	Holds bool   `json:"holds"`
	// Where is the first window in which it does not hold, if it is one of windows.
	Where string `json:"where,omitempty"`
	// Error is why it could not be evaluated, such as a figure that was not measured; empty if
	// it could.
	Error string `json:"error,omitempty"`
	// Observed are the values that it was held against, in windows those of the window that
	// fails, or of the worst.
	Observed []Observed `json:"observed,omitempty"`
	// Worse says which values of the first one observed are worse: 1 the higher, -1 the
	// lower; 0: not known.
	Worse int `json:"worse,omitempty"`
	// CountsOnly says that it is about counts alone, which stand even if the times of the
	// repetition do not.
	CountsOnly bool `json:"counts_only,omitempty"`
}

// An Observed is the value of one figure of a threshold.
type Observed struct {
	Metric string `json:"metric"` // as the threshold has it, such as p(99)
	Value  Number `json:"value"`
	// AtMost says that the value is an upper bound: it has the generator's own lateness in it.
	AtMost bool `json:"at_most,omitempty"`
	// Unit is ns, messages/s, bytes, messages, errors, or empty for a ratio.
	Unit string `json:"unit,omitempty"`
	// Parts breaks down a count of several kinds: 6 messages failed, 2 streams broke.
	Parts string `json:"parts,omitempty"`
}
