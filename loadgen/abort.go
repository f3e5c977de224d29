package loadgen

import (
	"fmt"
	"time"

	"rtbench/proto/quantity"
	"rtbench/proto/record"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// abortReason returns the first threshold with abort that fails so far, or "". A threshold with
// a window is evaluated over the last complete window, any other over the whole steady phase so
// far. Messages that recorders have not flushed are not seen yet.
func (r *repetition) abortReason(elapsed time.Duration) string {
	g := r.measured()
	slot := record.SlotLength(time.Duration(g.To - g.From))
	for _, t := range r.job.scenario.Thresholds {
		// A window is complete once the next slot has begun.
		windows := (elapsed - slot - t.After) / max(t.Window, 1)
		if !t.Abort || elapsed <= t.After || (t.Window > 0 && windows < 1) {
			continue
		}
		text, held := t.String(), true
		judge := func(h record.Histograms) {
			run := r.live(metric.Times{Response: result.Wrap(h.Response), Service: result.Wrap(h.Service), Lag: result.Wrap(h.Lag)})
			holds, _, err := t.Evaluate(run, metric.OfCell(r.opts.baseline(r.job.resultCell.ID)))
			held = holds || err != nil // a metric without a value is evaluated at the end
		}
		if t.Window == 0 {
			judge(g.Sink.Totals())
		} else {
			from := t.After + (windows-1)*t.Window
			text += fmt.Sprintf(": failed from %v to %v", from, from+t.Window)
			none := record.NewHistogram()
			judge(record.Histograms{Response: g.Sink.Window(from, from+t.Window), Service: none, Lag: none})
		}
		if !held {
			return text
		}
	}
	return ""
}

// live returns the metrics known so far.
func (r *repetition) live(times metric.Times) quantity.Source {
	due, failed, errors := r.measured().Failures()
	return metric.Live(times, due, failed, errors)
}
