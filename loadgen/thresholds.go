package loadgen

import (
	"fmt"
	"strconv"
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
	roundedHolds, _, roundedErr := t.Evaluate(rounded(run), rounded(base))
	o.Close = roundedHolds != holds || (roundedErr != nil) != o.Unknown
	o.Observed = nil
	for _, v := range observed {
		seen := result.Observed{Metric: v.Metric, Value: result.Number(v.Value), Unit: v.Quantity.Unit(), AtMost: v.AtMost}
		if v.Low > 0 {
			seen.Low = result.Number(v.Low)
		}
		if v.Quantity == quantity.Errors {
			seen.Parts = errors
		}
		o.Observed = append(o.Observed, seen)
	}
}

// rounded returns the values as reports show them, with three digits; nil for nil.
func rounded(from quantity.Source) quantity.Source {
	if from == nil {
		return nil
	}
	return func(q quantity.Quantity, p float64) quantity.Value {
		v := from(q, p)
		if q.Dimension != quantity.Count { // shown in full
			v.Number, v.Low = threeDigits(v.Number), threeDigits(v.Low)
		}
		return v
	}
}

func threeDigits(v float64) float64 {
	out, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	return out
}

// evaluateWindows evaluates t for each window inside the steady phase. o describes the first
// window that fails, or else the worst values. Windows are whole slots of the timeline, so they
// are slightly longer if slots do not divide them.
func evaluateWindows(t scenarios.Threshold, r *result.Repetition, base quantity.Source, o *result.Outcome) {
	windows := 0
	var worst result.Outcome
	for from := t.After; from+t.Window <= r.Phases.Steady; from += t.Window {
		windows++
		if evaluate(t, metric.OfWindow(r, from, from+t.Window), base, "", o); !o.Holds {
			o.Where = fmt.Sprintf("from %v to %v", from, from+t.Window)
			if p := r.ClientPauses; o.Error == "" && p.Count > 0 && !t.CountsOnly() {
				o.Error = fmt.Sprintf("possibly because the generator paused for up to %v (%s)", p.Longest.Round(time.Millisecond), result.Plural(p.Count, "pause"))
			}
			return
		}
		if windows == 1 || result.WorseThan(o.Observed, worst.Observed, o.Worse) {
			worst = *o
		}
	}
	o.Observed, o.Close = worst.Observed, worst.Close
	if windows == 0 {
		o.Holds, o.Unknown, o.Error = false, true, fmt.Sprintf("no window of %v fits into the steady phase of %v", t.Window, r.Phases.Steady)
	}
}
