package scenarios

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/vm"

	"rtbench/proto/quantity"
)

// A Threshold is a condition on the metrics of a repetition, or keys that also limit its scope (see
// their documentation in value). The zero value always fails with an error.
type Threshold struct {
	compiled
	Window, After time.Duration
	Abort         bool
}

// A compiled is a condition without a scope.
type compiled struct {
	Condition string
	program   *vm.Program
	terms     []term // in order of appearance
	// Worse is the direction in which the first metric gets worse: 1 for higher, -1 for lower, 0 if
	// unknown (==).
	Worse int
}

// String returns the threshold in words, condition first.
func (t Threshold) String() string {
	s := t.Condition
	if t.Window > 0 {
		s += fmt.Sprintf(" in each %v", t.Window)
	}
	if t.After > 0 {
		s += fmt.Sprintf(" after %v", t.After)
	}
	return s
}

// A thresholdText is a threshold as JSON.
type thresholdText struct {
	Condition string        `json:"condition"`
	Window    time.Duration `json:"window_ns,omitempty"`
	After     time.Duration `json:"after_ns,omitempty"`
	Abort     bool          `json:"abort,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (t Threshold) MarshalJSON() ([]byte, error) {
	return json.Marshal(thresholdText{t.Condition, t.Window, t.After, t.Abort})
}

// UnmarshalJSON implements json.Unmarshaler. It compiles the condition.
func (t *Threshold) UnmarshalJSON(b []byte) error {
	var text thresholdText
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	read, err := NewThreshold(text.Condition)
	if err != nil {
		return fmt.Errorf("threshold %q: %w", text.Condition, err)
	}
	read.Window, read.After, read.Abort = text.Window, text.After, text.Abort
	*t = read
	return nil
}

// needsSteady returns the shortest steady phase that contains a window or allows an abort.
func (t Threshold) needsSteady() time.Duration {
	switch {
	case t.Window > 0:
		return t.After + t.Window
	case t.Abort && t.After > 0:
		return t.After + time.Millisecond
	}
	return 0
}

// Uses reports whether the condition uses a metric of the run, not of the baseline.
func (t Threshold) Uses(metric quantity.Quantity) bool {
	return slices.ContainsFunc(t.terms, func(t term) bool { return !t.base && t.metric == metric.Name })
}

// misplaced returns the problems of metrics that are unknown in a window or during the steady phase.
func (t Threshold) misplaced() (problems []string) {
	check := func(limited bool, key string, known func(quantity.Quantity) bool) {
		for _, at := range t.terms {
			if limited && !at.base && !known(at.quantity()) {
				problems = append(problems, fmt.Sprintf("%s with %s; expected one of %s", at.metric, key, strings.Join(namesOf(known), ", ")))
			}
		}
	}
	check(t.Window > 0, "window", func(q quantity.Quantity) bool { return q.Window })
	check(t.Abort, "abort", func(q quantity.Quantity) bool { return q.Live })
	return problems
}

// NotInParts returns why the condition cannot be evaluated from the response times and failures of the messages that
// were due in a part of the steady phase; empty if it can.
func (t Threshold) NotInParts() string {
	known := func(q quantity.Quantity) bool {
		return q.Live && q != quantity.Service && q != quantity.Lag
	}
	for _, at := range t.terms {
		if !known(at.quantity()) {
			return fmt.Sprintf("%s is unknown in a part of a run; expected one of %s", at.metric, strings.Join(namesOf(known), ", "))
		}
	}
	return ""
}

// HighestPercentile returns the highest percentile of the response time in the condition, 0 if
// none.
func (t Threshold) HighestPercentile() (highest float64) {
	for _, at := range t.terms {
		if !at.base && at.metric == quantity.Response.Name {
			highest = max(highest, at.percentile)
		}
	}
	return highest
}

// NeedsBaseline reports whether the condition uses a baseline.
func (t Threshold) NeedsBaseline() bool {
	return slices.ContainsFunc(t.terms, func(t term) bool { return t.base })
}

// Evaluate evaluates the threshold for a run; baseline is nil without one. It returns the values
// of the condition that are known and usable. The error is not nil if a metric was not measured or
// is not usable.
func (t Threshold) Evaluate(run, baseline quantity.Source) (holds bool, observed []Observed, err error) {
	if t.program == nil {
		return false, nil, fmt.Errorf("threshold %q was not returned by Parse", t.Condition)
	}
	values := readingOf(t.terms, run, baseline)
	observed = values.observed(t.terms)
	for _, at := range t.terms {
		switch v := values[at]; {
		case v.Unusable != "" && !v.AtMost:
			return false, observed, fmt.Errorf("%s is not usable: %s", at, v.Unusable)
		case v.Missing != "":
			return false, observed, fmt.Errorf("%s was not measured: %s", at, v.Missing)
		}
	}
	if holds, err = values.evaluate(t); err != nil {
		return false, observed, fmt.Errorf("threshold %q: %s", t.Condition, firstLine(err))
	}
	holds, err = t.known(values, holds)
	return holds, observed, err
}
