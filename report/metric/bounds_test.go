package metric_test

import (
	"math"
	"testing"
	"time"

	"rtbench/proto/quantity"
	"rtbench/proto/record"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// bounded returns a cell of eight repetitions whose times lie between two bounds.
func bounded(t *testing.T, low, high time.Duration) *result.Cell {
	t.Helper()
	c := &result.Cell{Config: result.Config{Model: "open"}}
	for i := range 8 {
		r := &result.Repetition{Index: i, Response: equal(t, high), Low: equal(t, low), Service: equal(t, low)}
		if low != high {
			p50 := []string{"p50"}
			r.Validity = result.Validity{
				Findings: []result.Finding{{Word: result.Limited, Reason: "late", Unusable: p50, AtMost: true, Bounded: true}},
				Unusable: p50, AtMost: p50,
			}
		}
		c.Repetitions = append(c.Repetitions, r)
	}
	return c
}

func equal(t *testing.T, d time.Duration) result.Histogram {
	t.Helper()
	h := record.NewHistogram()
	if err := h.RecordValues(int64(d), 400); err != nil {
		t.Fatal(err)
	}
	return result.Wrap(h)
}

// A ratio of bounded times leads only if it does so with the bounds against it.
func TestRatioOfBoundedTimes(t *testing.T) {
	const us = time.Microsecond
	exact := bounded(t, 100*us, 100*us)
	for name, c := range map[string]struct {
		other         *result.Cell
		low, high     float64
		ahead, behind bool
	}{
		"exact, slower":     {bounded(t, 200*us, 200*us), 0.5, 0.5, true, false},
		"bounded, slower":   {bounded(t, 150*us, 200*us), 0.5, 0.667, true, false},
		"bounded, around":   {bounded(t, 50*us, 200*us), 0.5, 2, false, false},
		"bounded, as quick": {bounded(t, 95*us, 110*us), 0.909, 1.053, false, false},
		"bounded, quicker":  {bounded(t, 40*us, 60*us), 1.667, 2.5, false, true},
	} {
		in, ahead, behind := metric.Time(50).Ratio(exact, c.other, 1.1)
		if math.Abs(in.Low/c.low-1) > 0.01 || math.Abs(in.High/c.high-1) > 0.01 || ahead != c.ahead || behind != c.behind {
			t.Errorf("%s: %+v, ahead %t, behind %t; want %+v", name, in, ahead, behind, c)
		}
	}
}

// The upper bound of a cell is the one in the tables, also if some repetitions have no lower bound.
func TestBoundsOfACell(t *testing.T) {
	t.Parallel()
	const us = time.Microsecond
	c := bounded(t, 50*us, 200*us)
	for _, r := range c.Repetitions[:3] {
		r.Response = equal(t, time.Millisecond)
		r.Validity.Findings[0].Bounded = false
	}
	m := metric.Merge(c)
	if low, high, ok := metric.Time(90).CellBounds(m); ok {
		t.Errorf("p90, which is not bounded, from %v to %v", low, high)
	}
	most := 0.0
	for range 2 { // computed, and kept
		low, high, ok := metric.Time(50).CellBounds(m)
		if most, _ = metric.Time(50).UpperBound(m); !ok || high != most || math.Abs(low/5e4-1) > 0.01 {
			t.Errorf("p50 from %v to %v, %t, want from 50 µs to %v", low, high, ok, most)
		}
	}
	if low, high := m.Curve([]float64{50}); len(low) != 1 || math.Abs(low[0]/5e4-1) > 0.01 || high[0] != most {
		t.Errorf("the curve is from %v to %v", low, high)
	}
}

func TestBoundsOfOtherMetrics(t *testing.T) {
	c := bounded(t, 50*time.Microsecond, 200*time.Microsecond)
	r := c.Repetitions[0]
	r.Server, r.Counters.Recorded = result.Resources{Known: true, CPU: time.Second}, 1000
	low, high := metric.For(quantity.ServerCPU).Bounds(c.Config)(r)
	if low != 1e6 || high != 1e6 {
		t.Errorf("server CPU from %v to %v, want 1 ms", low, high)
	}
	if low, high := metric.Time(99).Bounds(c.Config)(r); low != high || high < 2e5 {
		t.Errorf("p99, which is not bounded, from %v to %v", low, high)
	}
}
