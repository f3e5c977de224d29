package loadgen

import (
	"fmt"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rtbench/loadgen/session"
	"rtbench/proto/clock"
	"rtbench/proto/record"
	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// abortReason returns the first threshold with abort that fails so far, or "". A threshold with
// a window is evaluated over the last complete window, any other over the whole steady phase so
// far. Messages that recorders have not flushed are not seen yet.
func abortReason(list []scenarios.Threshold, g *session.Group, base *result.Cell) string {
	elapsed := time.Duration(clock.Now() - g.From)
	slot := record.SlotLength(g.Window)
	for _, t := range list {
		// A window is complete once the next slot has begun.
		windows := (elapsed - slot - t.After) / max(t.Window, 1)
		if !t.Abort || elapsed <= t.After || (t.Window > 0 && windows < 1) {
			continue
		}
		text, held := t.String(), true
		judge := func(h record.Histograms) {
			due, failed, errors := g.Failures()
			run := metric.Live(metric.Times{Response: result.Wrap(h.Response), Service: result.Wrap(h.Service), Lag: result.Wrap(h.Lag)}, due, failed, errors)
			holds, _, err := t.Evaluate(run, metric.OfCell(base))
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

// endReason returns the threshold because of which a repetition ends early, or "".
func (r *repetition) endReason(list []scenarios.Threshold, g *session.Group, base *result.Cell) string {
	if reason := abortReason(list, g, base); reason != "" || !r.opts.search {
		return reason
	}
	return hopelessReason(list, g, base)
}

// hopelessReason returns the first threshold without a window that would fail even if every message that
// is still due were answered correctly and at once, or "". It uses the times that messages had had if the
// generator had sent all on time. In a closed loop it is not known how many messages are due.
func hopelessReason(list []scenarios.Threshold, g *session.Group, base *result.Cell) string {
	planned := g.PlannedSteady()
	if planned == 0 {
		return ""
	}
	planned += 5 * math.Sqrt(planned) // random arrivals
	h := g.Sink.Totals()
	_, failed, errors := g.Failures()
	for _, times := range []*hdrhistogram.Histogram{h.Low, h.Service, h.Lag} {
		_ = times.RecordValues(1, max(0, int64(planned)-times.TotalCount())) // in the range of each
	}
	best := metric.Live(metric.Times{Response: result.Wrap(h.Low), Service: result.Wrap(h.Service), Lag: result.Wrap(h.Lag)}, uint64(planned), failed, errors)
	for _, t := range list {
		if t.Window > 0 || t.After > 0 {
			continue
		}
		if holds, _, err := t.Evaluate(best, metric.OfCell(base)); err == nil && !holds {
			return t.String()
		}
	}
	return ""
}
