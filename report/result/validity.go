package result

import (
	"errors"
	"fmt"
)

// A Verdict says whether a measurement can be trusted.
type Verdict string

// The verdicts, best first.
const (
	Valid   Verdict = "VALID"
	Suspect Verdict = "SUSPECT"
	Invalid Verdict = "INVALID"
)

// Validity is a verdict with its reasons.
type Validity struct {
	Verdict Verdict  `json:"verdict"`
	Reasons []string `json:"reasons,omitempty"`
	// Findings classify the reasons, in the same order.
	Findings []Finding `json:"findings,omitempty"`
	// Unusable lists the unusable metrics of a repetition that is not INVALID: times (p50, p90,
	// p99, p99.9, p99.99, max, mean), throughput and failed_rate.
	Unusable []string `json:"unusable,omitempty"`
	// AtMost lists the unusable metrics whose value is an upper bound because it includes the
	// generator's lateness.
	AtMost []string `json:"at_most,omitempty"`
}

// A Finding classifies a reason.
type Finding struct {
	Kind FindingKind `json:"kind,omitempty"`
	// Unusable lists the metrics that the reason makes unusable.
	Unusable []string `json:"unusable,omitempty"`
	// AtMost reports that their values are upper bounds, because they include the generator's
	// lateness.
	AtMost bool `json:"at_most,omitempty"`
	// Bounded reports that they also have the lower bound of Bounds.
	Bounded bool `json:"bounded,omitempty"`
}

// A FindingKind names reasons that explain others, that concern p99 only, or that readers want to see
// once, whatever metrics they concern. Most have none.
type FindingKind string

// The kinds.
const (
	ServerGone       FindingKind = "server gone"
	RepetitionFailed FindingKind = "repetition failed"
	TooFewMessages   FindingKind = "too few messages"
	SentLate         FindingKind = "sent late"
	ReadSlowly       FindingKind = "read slowly"
)

func (v *Validity) addReason(verdict Verdict, format string, args ...any) {
	v.add(verdict, Finding{}, format, args...)
}

func (v *Validity) add(verdict Verdict, f Finding, format string, args ...any) {
	if v.Verdict != Invalid && (verdict == Invalid || v.Verdict == Valid) {
		v.Verdict = verdict
	}
	v.Reasons = append(v.Reasons, fmt.Sprintf(format, args...)+f.suffix())
	v.Findings = append(v.Findings, f)
	v.exclude(f)
}

// suffix returns the end of the reason.
func (f Finding) suffix() string {
	if len(f.Unusable) == 0 {
		return ""
	}
	if f.AtMost {
		return "; only upper bounds: " + joinMetrics(f.Unusable)
	}
	return "; not usable: " + joinMetrics(f.Unusable)
}

// Verdict returns the verdict of the cell. Metrics ignore invalid repetitions, so a cell is INVALID
// only if at least half are, or if one failed as a whole. It is SUSPECT if any is invalid or at
// least half are suspect. A cell without repetitions is INVALID.
func (c *Cell) Verdict() Verdict {
	n, invalid, suspect := len(c.Repetitions), 0, 0
	for _, r := range c.Repetitions {
		switch {
		case r.Error != "":
			return Invalid
		case r.Validity.Verdict == Invalid:
			invalid++
		case r.Validity.Verdict == Suspect:
			suspect++
		}
	}
	switch {
	case 2*invalid >= n:
		return Invalid
	case invalid > 0 || 2*suspect >= n:
		return Suspect
	}
	return Valid
}

// Worst returns the worst verdict of all cells; INVALID if there are none.
func Worst(r *Result) Verdict {
	worst := Valid
	for _, c := range r.Cells {
		switch c.Verdict() {
		case Invalid:
			return Invalid
		case Suspect:
			worst = Suspect
		}
	}
	if len(r.Cells) == 0 {
		return Invalid
	}
	return worst
}

// Baseline returns an error unless r can serve as a baseline: every cell must be complete and not
// invalid.
func (r *Result) Baseline() error {
	if r.Unfinished {
		return errors.New("its run did not end")
	}
	if r.Interrupted {
		return errors.New("it was interrupted")
	}
	if len(r.Cells) == 0 {
		return errors.New("it has no cells")
	}
	for _, c := range r.Cells {
		if c.Verdict() == Invalid {
			return fmt.Errorf("cell %s is invalid, and an invalid measurement is no baseline", c.ID)
		}
	}
	return nil
}

// Gravity ranks reason i for readers, lowest first: a vanished server and a failed repetition, which
// explain others; reasons of INVALID repetitions; reasons that make metrics unusable; others; and
// last, too few messages for p99.
func (v Validity) Gravity(i int) int {
	f := v.Finding(i)
	switch {
	case f.Kind == ServerGone:
		return 0
	case f.Kind == RepetitionFailed:
		return 1
	case f.Kind == TooFewMessages:
		return 5
	case v.Verdict == Invalid:
		return 2
	case len(f.Unusable) > 0:
		return 3
	}
	return 4
}

// Finding returns the classification of reason i; a stored result may lack it.
func (v Validity) Finding(i int) (f Finding) {
	if i < len(v.Findings) {
		f = v.Findings[i]
	}
	return f
}
