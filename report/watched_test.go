package report

import (
	"math"
	"testing"
	"time"

	"rtbench/proto/record"
	"rtbench/report/capacity"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// The chart of a search shows the time that its objective limits: the first with a percentile, or else p99 without a
// limit.
func TestSearchWatchesTheTimeOfItsObjective(t *testing.T) {
	t.Parallel()
	limit := func(name string, value, p float64) result.SearchLimit {
		return result.SearchLimit{Metric: name, Value: value, Unit: "ns", Percentile: p}
	}
	first, tokens := record.NewHistogram(), record.NewHistogram()
	for range 400 {
		_ = first.RecordValue(int64(80 * time.Millisecond)) // in its range
		_ = tokens.RecordValue(int64(time.Millisecond))
	}
	rep := &result.Repetition{Response: result.Wrap(tokens), Answers: &result.Answers{First: result.Wrap(first)}, Phases: result.Phases{Steady: time.Second}}
	point := capacity.Point{Cell: metric.Merge(&result.Cell{Config: result.Config{Pattern: "generate", Model: "closed"}, Repetitions: []*result.Repetition{rep}})}
	for _, c := range []struct {
		limits []result.SearchLimit
		name   string
		limit  float64
		at     time.Duration // about
	}{
		{nil, "p99", 0, time.Millisecond},
		{[]result.SearchLimit{limit("failed_rate", 0.1, 0), limit("p(50)", 1e7, 50)}, "p50", 1e7, time.Millisecond},
		{[]result.SearchLimit{limit("ttft(90)", 1e8, 90), limit("p(99)", 1e7, 99)}, "ttft(90)", 1e8, 80 * time.Millisecond},
		{[]result.SearchLimit{limit("itl(50)", 1e8, 50)}, "itl(50)", 1e8, 0},
	} {
		s := search{Result: &result.Result{Search: &result.Search{Objective: "x", Axis: "load.connections", Limits: c.limits}}}
		w := s.watched()
		at, _ := w.at(point)
		if known := c.at > 0; w.name != c.name || w.limit != c.limit || known == math.IsNaN(at) || known && math.Abs(at/float64(c.at)-1) > 0.01 {
			t.Errorf("%v: %s with limit %g is %g; want %s, %g, about %v", c.limits, w.name, w.limit, at, c.name, c.limit, c.at)
		}
	}
}
