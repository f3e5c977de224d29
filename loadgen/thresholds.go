package loadgen

import (
	"fmt"
	"time"

	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// evaluateThresholds evaluates a scenario's thresholds for one repetition with the given values. baseline
// is the same cell of the baseline, or nil.
func evaluateThresholds(s *scenarios.Scenario, r *result.Repetition, run quantity.Source, baseline *result.Cell) []result.Outcome {
	var out []result.Outcome
	base := metric.OfCell(baseline)
	for _, t := range s.Thresholds {
		o := result.Outcome{Text: t.String(), Holds: true, Worse: t.Worse, CountsOnly: t.CountsOnly()}
		switch {
		case r.Error != "" && r.Counters.Recorded == 0 && r.Counters.Due == 0:
			o.Holds, o.Unknown, o.Error = false, true, "nothing was measured"
		case t.Window == 0:
			evaluate(t, run, base, r.Counters.ErrorParts(), &o)
		default:
			evaluateWindows(t, r, base, &o)
		}
		out = append(out, o)
	}
	return out
}

// evaluate writes the outcome of t to o. errors describes the errors of the run.
func evaluate(t scenarios.Threshold, run, base quantity.Source, errors string, o *result.Outcome) {
	holds, observed, err := t.Evaluate(run, base)
	if o.Holds = holds; err != nil {
		o.Unknown, o.Error = true, err.Error()
	}
	o.Observed = nil
	for _, v := range observed {
		seen := result.Observed{Metric: v.Metric, Value: result.Number(v.Value), Unit: v.Quantity.Unit(), AtMost: v.AtMost}
		if v.Quantity == quantity.Errors {
			seen.Parts = errors
		}
		o.Observed = append(o.Observed, seen)
	}
}

// evaluateWindows evaluates t for each window inside the steady phase. o describes the first
// window that fails, or else the worst values. Windows are whole slots of the timeline, so they
// are slightly longer if slots do not divide them.
func evaluateWindows(t scenarios.Threshold, r *result.Repetition, base quantity.Source, o *result.Outcome) {
	windows := 0
	var worst []result.Observed
	for from := t.After; from+t.Window <= r.Phases.Steady; from += t.Window {
		windows++
		if evaluate(t, metric.OfWindow(r, from, from+t.Window), base, "", o); !o.Holds {
			o.Where = fmt.Sprintf("from %v to %v", from, from+t.Window)
			if p := r.ClientPauses; o.Error == "" && p.Count > 0 && !t.CountsOnly() {
				o.Error = fmt.Sprintf("possibly because the generator paused for up to %v (%s)", p.Longest.Round(time.Millisecond), result.Plural(p.Count, "pause"))
			}
			return
		}
		if worst == nil || result.WorseThan(o.Observed, worst, o.Worse) {
			worst = o.Observed
		}
	}
	o.Observed = worst
	if windows == 0 {
		o.Holds, o.Unknown, o.Error = false, true, fmt.Sprintf("no window of %v fits into the steady phase of %v", t.Window, r.Phases.Steady)
	}
}
