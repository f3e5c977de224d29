package scenarios

import (
	"fmt"
	"slices"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

// A Threshold is a condition on the metrics of a repetition, or keys that also limit its scope. In
// Go, the zero value always fails with an error.
type Threshold struct {
	// Condition such as `p(99) < 5ms`, `lost == 0` or `throughput >= 4.9k/s`. Times need a unit.
	// Metrics: p, service and lag (of a percentile), max, mean, throughput, sent, not_sent,
	// received, lost, failed (not sent, lost, error reply or violation of expect), failed_rate
	// (failed share of the messages due, 0 to 1; in a closed loop and with push not usable if
	// streams were closed or waited for lost replies for more than 1 % of the steady phase),
	// duplicates, out_of_order, corrupt, dropped, errors (failed messages, and streams broken or
	// not opened), server_cpu, client_cpu, wire_bytes, and base.NAME for the same cell of a
	// baseline.
	Condition string
	// Length of the windows of the steady phase that must each satisfy the condition. Default 0s:
	// the whole phase.
	Window time.Duration
	// Start of the check: earlier windows are not checked, and abort has no effect before.
	After time.Duration
	// End the run as soon as the condition fails.
	Abort   bool
	program *vm.Program
	needs   *needs
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
func (t Threshold) Uses(metric string) bool {
	return t.needs != nil && slices.Contains(t.needs.metrics, metric)
}

// HighestPercentile returns the highest percentile of the response time in the condition, 0 if
// none.
func (t Threshold) HighestPercentile() float64 {
	if t.needs == nil {
		return 0
	}
	return t.needs.highest
}

// NeedsBaseline reports whether the condition uses a baseline.
func (t Threshold) NeedsBaseline() bool { return t.needs != nil && t.needs.baseline }

// Holds evaluates the threshold. It returns an error if a metric was not measured or is not
// usable.
func (t Threshold) Holds(f Metrics) (held bool, err error) {
	if t.program == nil {
		return false, fmt.Errorf("threshold %q was not returned by Parse", t.Condition)
	}
	for _, term := range t.needs.terms {
		if why, atMost := term.unusable(&f); why != "" && !atMost {
			return false, fmt.Errorf("%s is not usable: %s", term, why)
		}
		if why := term.unmeasured(&f); why != "" {
			return false, fmt.Errorf("%s was not measured: %s", term, why)
		}
	}
	out, err := expr.Run(t.program, f)
	if err != nil {
		return false, fmt.Errorf("threshold %q: %s", t.Condition, firstLine(err))
	}
	held, _ = out.(bool)
	return t.known(&f, held)
}

// threshold parses a condition such as `p(99) < 5ms`.
var threshold = kind[Threshold]{
	expected: "a condition such as `p(99) < 5ms`, `lost == 0` or `throughput >= 4.9k/s`",
	allowed:  []limits{{Type: "string"}},
	parse: func(s string) (Threshold, bool) {
		program, needs, err := compile(s)
		return Threshold{Condition: s, program: program, needs: needs}, err == nil
	},
	cause: func(s string) string {
		_, _, err := compile(s)
		return explain(s, err)
	},
}
