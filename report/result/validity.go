package result

import (
	"errors"
	"fmt"
	"strings"
)

// A Verdict says whether a measurement can be trusted.
type Verdict string

// The verdicts, from best to worst.
const (
	Valid   Verdict = "VALID"
	Suspect Verdict = "SUSPECT"
	Invalid Verdict = "INVALID"
)

// Validity is a verdict and what speaks against the measurement.
type Validity struct {
	Verdict Verdict  `json:"verdict"`
	Reasons []string `json:"reasons,omitempty"`
	// Unusable names the metrics of a measurement that is not INVALID which cannot be used:
	// p50, p90, p99, p99.9, p99.99, max and mean are of the times, throughput and failed_rate
	// are of the load.
	Unusable []string `json:"unusable,omitempty"`
	// AtMost names those of them whose value is an upper bound: it has the generator's own
	// lateness in it.
	AtMost []string `json:"at_most,omitempty"`
}

func (v *Validity) addReason(verdict Verdict, format string, args ...any) {
	if v.Verdict != Invalid && (verdict == Invalid || v.Verdict == Valid) {
		v.Verdict = verdict
	}
	v.Reasons = append(v.Reasons, fmt.Sprintf(format, args...))
}

// Verdict is the cell's own: repetitions that are invalid are left out of its
// figures, so it is INVALID only where they are not the exception (half or more)
// or one failed as a whole, and SUSPECT where any is invalid or half or more are
// suspect. A cell without repetitions is INVALID.
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

// Worst is the worst verdict of all cells; INVALID when there are none.
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

// Baseline says why r may not serve as one, nil where it may: every cell must have
// been measured to its end and none be invalid.
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

// Prefixes of reasons that concern only p99.
const (
	fewMessages    = "too few messages for p99: "
	fewIndependent = "effective sample size is "
)

// Gravity orders the reasons of repetitions for a reader, lower first: a server that went away
// and a repetition that failed explain others; then come the reasons of INVALID repetitions,
// and those that make metrics unusable; last, too few messages for p99.
func (v Validity) Gravity(reason string) int {
	switch {
	case strings.HasPrefix(reason, serverGone), strings.HasPrefix(reason, repetitionFailed+serverEnded):
		return 0
	case strings.HasPrefix(reason, repetitionFailed):
		return 1
	case strings.HasPrefix(reason, fewMessages), strings.HasPrefix(reason, fewIndependent):
		return 5
	case v.Verdict == Invalid:
		return 2
	case strings.Contains(reason, unusableMarker):
		return 3
	}
	return 4
}
