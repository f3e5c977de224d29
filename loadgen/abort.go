package loadgen

import (
	"fmt"
	"math"
	"time"

	"rtbench/loadgen/session"
	"rtbench/proto/clock"
	"rtbench/proto/record"
	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// A standing holds the counts and times of a cell so far in its steady phase, without messages that recorders have
// not flushed.
type standing struct {
	elapsed time.Duration // since the beginning of the phase
	planned float64       // about how many messages are due in the whole phase; 0 in a closed loop
	Failures
	times func() Delta // of the whole phase so far; a copy
	// window returns the response times of the last complete window of the ith threshold, and when that began.
	window func(i int) (h result.Histogram, from time.Duration, complete bool)
}

// standingOf returns that of a group of this process.
func standingOf(list []scenarios.Threshold, g *session.Group) standing {
	s := standing{elapsed: time.Duration(clock.Now() - g.From), planned: g.PlannedSteady(), Failures: failuresOf(g)}
	s.times = func() Delta { return deltaOf(g.Sink.Peek()) }
	s.window = func(i int) (result.Histogram, time.Duration, bool) {
		w := windowsOf(i, list[i])
		n := w.complete(g, s.elapsed) - 1
		if n < 0 {
			return result.Histogram{}, 0, false
		}
		return w.times(g, n), w.from(n), true
	}
	return s
}

func failuresOf(g *session.Group) (f Failures) {
	f.Due, f.Failed, f.Errors = g.Failures()
	return f
}

// Windows are consecutive parts of the steady phase, in each of which a threshold applies.
type Windows struct {
	Threshold int           `json:"threshold"` // its index
	After     time.Duration `json:"after_ns"`
	Length    time.Duration `json:"length_ns"`
}

func windowsOf(i int, t scenarios.Threshold) Windows { return Windows{i, t.After, t.Window} }

// times returns the response times of window n.
func (w Windows) times(g *session.Group, n int) result.Histogram {
	return result.Wrap(g.Sink.Window(w.from(n), w.from(n+1)))
}

// from returns when window n begins, counted from 0.
func (w Windows) from(n int) time.Duration { return w.After + time.Duration(n)*w.Length }

// complete returns how many windows are complete. One is once the next slot of the timeline has begun.
func (w Windows) complete(g *session.Group, elapsed time.Duration) int {
	return int(max(0, elapsed-record.SlotLength(g.Window)-w.After) / w.Length)
}

// abortReason returns the first threshold with abort that fails so far, or "". A threshold with
// a window is evaluated over the last complete window, any other over the whole steady phase so
// far.
func abortReason(list []scenarios.Threshold, s standing, base *result.Cell) string {
	for i, t := range list {
		if !t.Abort || s.elapsed <= t.After {
			continue
		}
		text, times := t.String(), metric.Times{}
		if t.Window == 0 {
			all := s.times()
			times = metric.Times{Response: all.Response, Service: all.Service, Lag: all.Lag}
		} else {
			h, from, complete := s.window(i)
			if !complete {
				continue
			}
			text += fmt.Sprintf(": failed from %v to %v", from, from+t.Window)
			times.Response = h
		}
		holds, _, err := t.Evaluate(metric.Live(times, s.Due, s.Failed, s.Errors), metric.OfCell(base))
		if !holds && err == nil { // a metric without a value is evaluated at the end
			return text
		}
	}
	return ""
}

// endReason returns the threshold because of which a repetition ends early, or "".
func (o Options) endReason(list []scenarios.Threshold, s standing, base *result.Cell) string {
	if reason := abortReason(list, s, base); reason != "" || !o.search {
		return reason
	}
	return hopelessReason(list, s, base)
}

// hopeless is the number of steps' messages among which those of a step so far must be too many before it ends early. It
// is above 1 because a search counts the slow messages of all steps together: if steps ended as soon as they failed, the
// counts would be too low.
const hopeless = 4

// hopelessReason returns the first threshold without a window that would fail even if a step had hopeless times its
// messages, and all but those so far were answered correctly and at once, or "". It uses the times that messages had had if the
// generator had sent all on time. In a closed loop it is not known how many messages are due.
func hopelessReason(list []scenarios.Threshold, s standing, base *result.Cell) string {
	if s.planned == 0 {
		return ""
	}
	planned := hopeless * (s.planned + 5*math.Sqrt(s.planned)) // random arrivals
	d := s.times()
	for _, times := range []result.Histogram{d.Low, d.Service, d.Lag} {
		_ = times.HDR().RecordValues(1, max(0, int64(planned)-times.Count())) // in the range of each
	}
	best := metric.Live(metric.Times{Response: d.Low, Service: d.Service, Lag: d.Lag}, uint64(planned), s.Failed, s.Errors)
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
