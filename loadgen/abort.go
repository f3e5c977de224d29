package loadgen

import (
	"fmt"
	"time"

	"rtbench/proto/record"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// abortReason returns the first threshold with abort that fails so far, or "". A threshold with
// a window is evaluated over the last complete window, any other over the whole steady phase so
// far. Messages that recorders have not flushed are not seen yet.
func (r *repetition) abortReason(elapsed time.Duration) string {
	slot := record.SlotLength(time.Duration(r.to - r.from))
	for _, t := range r.job.scenario.Thresholds {
		// A window is complete once the next slot has begun.
		windows := (elapsed - slot - t.After) / max(t.Window, 1)
		if !t.Abort || elapsed <= t.After || (t.Window > 0 && windows < 1) {
			continue
		}
		text, held := t.String(), true
		judge := func(h record.Histograms) {
			f := timeMetrics(result.Wrap(h.Response))
			service, lag := result.Wrap(h.Service), result.Wrap(h.Lag)
			f.Service, f.Lag = quantile(service), quantile(lag)
			f.Unmeasured = tooFewSamples(map[string]result.Histogram{"p": result.Wrap(h.Response), "service": service, "lag": lag})
			r.fillFailures(&f)
			f.Base = cellMetrics(r.opts.baseline(r.job.resultCell.ID))
			ok, err := t.Holds(f)
			held = ok || err != nil // a metric without a value is evaluated at the end
		}
		if t.Window == 0 {
			judge(r.sink.Totals())
		} else {
			from := t.After + (windows-1)*t.Window
			text += fmt.Sprintf(": failed from %v to %v", from, from+t.Window)
			none := record.NewHistogram()
			judge(record.Histograms{Response: r.sink.Window(from, from+t.Window), Service: none, Lag: none})
		}
		if !held {
			return text
		}
	}
	return ""
}

// fillFailures fills in the failures known so far.
func (r *repetition) fillFailures(f *scenarios.Metrics) {
	failed, errors := r.failuresSoFar()
	due := r.attempted(func(a *attempts) uint64 { return a.due.Load() })
	if !r.job.sends(0) {
		due = failed + r.sink.Count()
	}
	f.Failed, f.Errors, f.FailedRate = float64(failed), float64(errors), float64(failed)/float64(due)
}
