package result

import "slices"

// A Threshold is a threshold of a scenario with its outcomes in all cells.
type Threshold struct {
	Scenario, Text string
	Holds          bool // in every repetition of every cell
	Varies         bool // between repetitions
	Cells          []ThresholdCell

	first Outcome
}

// A ThresholdCell holds the outcomes of a threshold in one cell.
type ThresholdCell struct {
	Cell       string
	Failed, Of int // repetitions
	// Unknown counts those that failed because it cannot be told whether the threshold holds.
	Unknown int
	// Worst is the worst outcome, a failed one if there is any, and Repetition its repetition, from
	// 1.
	Worst      Outcome
	Repetition int
}

// Thresholds returns the thresholds that r was checked against, in order.
func (r *Result) Thresholds() []*Threshold {
	var out []*Threshold
	for c, rep := range r.Repetitions() {
		for _, o := range rep.Thresholds {
			i := slices.IndexFunc(out, func(t *Threshold) bool { return t.Scenario == c.Config.Scenario && t.Text == o.Text })
			if i < 0 {
				i, out = len(out), append(out, &Threshold{Scenario: c.Config.Scenario, Text: o.Text, Holds: true, first: o})
			}
			out[i].note(c.ID, rep.Index+1, o)
		}
	}
	return out
}

func (t *Threshold) note(cell string, repetition int, o Outcome) {
	last := len(t.Cells) - 1
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
	if o.Unknown {
		c.Unknown++
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
	if o.Unknown != p.Unknown { // what is known to fail is worse
		return p.Unknown
	}
	return WorseThan(o.Observed, p.Observed, o.Worse)
}

// WorseThan reports whether the first value in a is worse than the first in b: higher if worse is 1
// or 0, lower if it is -1.
func WorseThan(a, b []Observed, worse int) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(b) == 0 && len(a) > 0
	}
	if worse < 0 {
		return a[0].Value < b[0].Value
	}
	return a[0].Value > b[0].Value
}

// Unknown reports whether the threshold fails nowhere but is unknown somewhere.
func (t *Threshold) Unknown() bool {
	return !t.Holds && !slices.ContainsFunc(t.Cells, func(c ThresholdCell) bool { return c.Failed > c.Unknown })
}

// WorstCell returns the cell with the worst outcome.
func (t *Threshold) WorstCell() ThresholdCell {
	worst := t.Cells[0]
	for _, c := range t.Cells[1:] {
		if c.Worst.worse(worst.Worst) {
			worst = c
		}
	}
	return worst
}

// An Outcome is the outcome of a threshold.
type Outcome struct {
	Text  string `json:"text"`
	Holds bool   `json:"holds"`
	// Unknown reports that it cannot be told whether the threshold holds: a metric is not reported, or
	// its bounds lie on both sides of the limit. Error is the reason, and Holds is false.
	Unknown bool `json:"unknown,omitempty"`
	// Where is the first window that fails the threshold, if it applies to windows.
	Where string `json:"where,omitempty"`
	// Error is the reason why the threshold is unknown, or a possible one why it fails.
	Error string `json:"error,omitempty"`
	// Observed are the values compared with the threshold; for windows, those of the failing or the
	// worst window.
	Observed []Observed `json:"observed,omitempty"`
	// Worse is 1 if higher values of the first observed metric are worse, -1 if lower ones are, and
	// 0 if unknown.
	Worse int `json:"worse,omitempty"`
	// Close reports that three digits of the observed values do not show why the threshold holds or fails.
	Close bool `json:"close,omitempty"`
	// CountsOnly reports that the threshold uses counts only, which are valid even if the times are
	// not.
	CountsOnly bool `json:"counts_only,omitempty"`
}

// An Observed is the value of one metric of a threshold.
type Observed struct {
	Metric string `json:"metric"` // as in the threshold, such as p(99)
	Value  Number `json:"value"`
	// AtMost reports that the value is an upper bound because it includes the generator's lateness.
	AtMost bool `json:"at_most,omitempty"`
	// Low is the lower bound then; 0 if none is known.
	Low Number `json:"low,omitzero"`
	// Unit is ns, messages/s, bytes, messages, errors, or empty for a ratio.
	Unit string `json:"unit,omitempty"`
	// Parts breaks a count down: 6 messages failed, 2 streams broke.
	Parts string `json:"parts,omitempty"`
}
