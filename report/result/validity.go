package result

import (
	"errors"
	"fmt"
	"slices"
)

// A Word sorts findings by what readers do about them. The empty word is that of a note, which does
// not affect a metric.
type Word string

// The words, most serious first.
const (
	ServerFailed  Word = "failed"        // the server refused, closed, or answered wrongly
	NotGenerated  Word = "not generated" // less than 99 % of the planned load
	Limited       Word = "limited"       // the generator or its machine bounds what is known
	TooLittleData Word = "too little data"
	Good          Word = "good" // the verdict without findings
)

// words lists the words, most serious first.
var words = []Word{ServerFailed, NotGenerated, Limited, TooLittleData, ""}

// Title returns the word with its subject.
func (w Word) Title() string {
	switch w {
	case ServerFailed:
		return "server failed"
	case NotGenerated:
		return "load not generated"
	case Limited:
		return "measurement limited"
	case "":
		return "note"
	}
	return string(w)
}

// mostSerious returns the most serious of some words; empty for none.
func mostSerious(list ...Word) Word {
	for _, w := range words {
		if slices.Contains(list, w) {
			return w
		}
	}
	return ""
}

// Validity holds the findings about a repetition.
type Validity struct {
	// Verdict is the most serious word of the findings, or Good, for programs that read one value.
	Verdict Word `json:"verdict,omitempty"`
	// Discarded reports that no metric of the repetition is used, because its load was not generated
	// or the server failed as a whole.
	Discarded bool      `json:"discarded,omitempty"`
	Findings  []Finding `json:"findings,omitempty"`
	// Unusable lists the unusable metrics of a repetition that is not discarded: times (p50, p90,
	// p99, p99.9, p99.99, max, mean), throughput and failed_rate.
	Unusable []string `json:"unusable,omitempty"`
	// AtMost lists the unusable metrics whose value is an upper bound because it includes the
	// generator's lateness.
	AtMost []string `json:"at_most,omitempty"`
}

// A Finding is a reason not to rely on all of a repetition.
type Finding struct {
	Word   Word        `json:"word,omitempty"`
	Kind   FindingKind `json:"kind,omitempty"`
	Reason string      `json:"reason"`
	// Unusable lists the metrics that the finding makes unusable.
	Unusable []string `json:"unusable,omitempty"`
	// AtMost reports that their values are upper bounds, because they include the generator's
	// lateness.
	AtMost bool `json:"at_most,omitempty"`
	// Bounded reports that they also have the lower bound of Bounds.
	Bounded bool `json:"bounded,omitempty"`
}

// A FindingKind names findings that explain others, or that readers want to see once with their
// remedy, whatever metrics they concern. Most have none.
type FindingKind string

// The kinds.
const (
	ServerGone       FindingKind = "server gone"
	RepetitionFailed FindingKind = "repetition failed"
	SentLate         FindingKind = "sent late"
	ReadSlowly       FindingKind = "read slowly"
	NetworkLate      FindingKind = "network late" // the emulated one
	Paused           FindingKind = "paused"
	Busy             FindingKind = "busy"
	CoresTaken       FindingKind = "cores taken"
	Unsteady         FindingKind = "unsteady"
	AgentLost        FindingKind = "agent lost"
	OneAtATime       FindingKind = "one at a time" // requests of a stream
)

// Text returns the reason and the metrics that it concerns.
func (f Finding) Text() string {
	switch {
	case len(f.Unusable) == 0:
		return f.Reason
	case f.AtMost:
		return f.Reason + "; only upper bounds: " + joinMetrics(f.Unusable)
	}
	return f.Reason + "; not reported: " + joinMetrics(f.Unusable)
}

// Word returns the most serious word of the findings; empty without.
func (v Validity) Word() Word {
	list := make([]Word, len(v.Findings))
	for i, f := range v.Findings {
		list[i] = f.Word
	}
	return mostSerious(list...)
}

// Has reports whether any finding has that word.
func (v Validity) Has(w Word) bool {
	return slices.ContainsFunc(v.Findings, func(f Finding) bool { return f.Word == w })
}

// Reasons returns the text of each finding.
func (v Validity) Reasons() []string {
	var list []string
	for _, f := range v.Findings {
		list = append(list, f.Text())
	}
	return list
}

func (v *Validity) addReason(w Word, format string, args ...any) {
	v.add(Finding{Word: w}, format, args...)
}

func (v *Validity) add(f Finding, format string, args ...any) {
	f.Reason = fmt.Sprintf(format, args...)
	v.Findings = append(v.Findings, f)
	v.exclude(f)
}

// discard adds a finding because of which the repetition is not used.
func (v *Validity) discard(f Finding, format string, args ...any) {
	v.Discarded = true
	v.add(f, format, args...)
}

// Word returns the most serious word of the cell's repetitions and of the percentiles that all of
// them together have too few messages for.
func (c *Cell) Word() Word {
	var list []Word
	for _, r := range c.Repetitions {
		if w := r.Validity.Word(); w != TooLittleData { // together they may have enough
			list = append(list, w)
		}
	}
	if len(c.Shortages()) > 0 {
		list = append(list, TooLittleData)
	}
	return mostSerious(list...)
}

// Discarded reports whether the cell has no result: at least half of its repetitions are discarded,
// one failed as a whole, or there are none.
func (c *Cell) Discarded() bool {
	discarded := 0
	for _, r := range c.Repetitions {
		if r.Error != "" {
			return true
		}
		if r.Validity.Discarded {
			discarded++
		}
	}
	return 2*discarded >= len(c.Repetitions)
}

// Discarded reports whether any cell has no result, or there are no cells.
func (r *Result) Discarded() bool {
	return len(r.Cells) == 0 || slices.ContainsFunc(r.Cells, (*Cell).Discarded)
}

// Discards returns the number of repetitions that are not used.
func (r *Result) Discards() (n int) {
	for _, rep := range r.Repetitions() {
		if rep.Validity.Discarded {
			n++
		}
	}
	return n
}

// Word returns the most serious word of the cells.
func (r *Result) Word() Word {
	var list []Word
	for _, c := range r.Cells {
		list = append(list, c.Word())
	}
	return mostSerious(list...)
}

// Complete returns an error unless the run ended by its plan and no agent was lost.
func (r *Result) Complete() error {
	if r.Unfinished {
		return errors.New("its run did not end")
	}
	if r.Interrupted {
		return errors.New("it was interrupted")
	}
	if len(r.Cells) == 0 {
		return errors.New("it has no cells")
	}
	for c, rep := range r.Repetitions() {
		if lost := rep.Lost(); lost != "" {
			return fmt.Errorf("cell %s is incomplete: %s", c.ID, lost)
		}
	}
	return nil
}

// Baseline returns an error unless r can serve as a baseline: every cell must be complete and have a
// result.
func (r *Result) Baseline() error {
	if err := r.Complete(); err != nil {
		return err
	}
	if r.Search != nil {
		return errors.New("it is a search for the capacity, whose loads differ from those of any other run")
	}
	for _, c := range r.Cells {
		if c.Discarded() {
			return fmt.Errorf("cell %s has no usable measurement", c.ID)
		}
	}
	return nil
}

// Gravity ranks a finding for readers, lowest first: a vanished server and a failed repetition, which
// explain others; then by word; then those that make metrics unusable.
func (f Finding) Gravity() int {
	switch f.Kind {
	case ServerGone:
		return 0
	case RepetitionFailed:
		return 1
	}
	rank := 2 + 2*slices.Index(words, f.Word)
	if len(f.Unusable) == 0 {
		rank++
	}
	return rank
}
