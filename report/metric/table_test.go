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

// A name, a column and a unit stand for one metric.
func TestNamesAreUnique(t *testing.T) {
	for kind, name := range map[string]func(metric.Metric) string{
		"name":          func(m metric.Metric) string { return m.Name },
		"CSV column":    func(m metric.Metric) string { return m.CSV },
		"benchfmt unit": func(m metric.Metric) string { return m.Bench },
	} {
		seen := map[string]bool{"": false}
		for _, m := range metric.Table {
			if seen[name(m)] {
				t.Errorf("two metrics have the %s %q", kind, name(m))
			}
			seen[name(m)] = name(m) != ""
		}
	}
}

// A table that shows a metric needs its heading.
func TestShownMetricsHaveHeadings(t *testing.T) {
	for _, m := range metric.Table {
		if m.Views != 0 && (m.Head == "" || m.Label == "") || m.Dimension == "" {
			t.Errorf("%+v", m)
		}
	}
}

// Every quantity of a condition has a value in a repetition that measured it, and a reason in an
// empty one.
func TestQuantitiesHaveValuesOrReasons(t *testing.T) {
	h := record.NewHistogram()
	if err := h.RecordValues(int64(time.Millisecond), 4000); err != nil {
		t.Fatal(err)
	}
	resources := result.Resources{Known: true, CPU: time.Second}
	full := &result.Repetition{
		Phases: result.Phases{Steady: time.Second}, Response: result.Wrap(h), Service: result.Wrap(h), Lag: result.Wrap(h),
		Counters: result.Counters{Due: 4000, Sent: 4000, Recorded: 4000}, Server: resources, Client: resources,
		Answers: &result.Answers{First: result.Wrap(h), Between: result.Wrap(h), PerToken: result.Wrap(h), Whole: result.Wrap(h)},
	}
	cell := &result.Cell{Repetitions: []*result.Repetition{full}}
	for _, q := range quantity.All {
		for name, source := range map[string]quantity.Source{"repetition": metric.OfRepetition(full), "baseline": metric.OfCell(cell)} {
			if v := source(q, 99); v.Missing != "" || math.IsNaN(v.Number) {
				t.Errorf("%s of a %s: %+v", q.Name, name, v)
			}
		}
		v := metric.OfRepetition(new(result.Repetition))(q, 99)
		if v.Missing == "" && !math.IsNaN(v.Number) && q.Dimension != quantity.Count {
			t.Errorf("%s of nothing: %+v", q.Name, v)
		}
		window := metric.OfWindow(full, 0, time.Second)(q, 50)
		if known := window.Missing != "" || !math.IsNaN(window.Number) || q == quantity.Max || q == quantity.Mean; known != q.Window && !q.Distribution {
			t.Errorf("%s of a window: %+v", q.Name, window)
		}
	}
	if metric.OfCell(nil) != nil {
		t.Error("no baseline has values")
	}
}

func TestNamesOfGaps(t *testing.T) {
	gaps, oneWay := result.Config{Times: result.TimesGap}, result.Config{Times: result.TimesOneWay}
	p50 := metric.Time(50)
	if m := p50.In(gaps).In(gaps); m.Name != "gap_p50" || m.Head != "gap p50" || m.Bench != "gap-p50-ns" || m.CSV != "" {
		t.Errorf("gaps: %+v", m)
	}
	if m := p50.In(oneWay); m.Name != "p50" || m.Bench != "one-way-p50-ns" || m.CSV != "" {
		t.Errorf("one-way times: %+v", m)
	}
	if m := metric.For(quantity.Throughput); m.In(gaps).CSV != m.CSV {
		t.Error("the throughput is not a time")
	}
	if throughput := metric.For(quantity.Throughput); throughput.Measures(result.Config{Model: "open"}) || !throughput.Measures(result.Config{Model: "closed"}) {
		t.Error("the schedule determines the throughput, except in a closed loop")
	}
}

// Repetitions that lack the metric are left out, and few pairs put no side ahead.
func TestRatio(t *testing.T) {
	cell := func(messages uint64, repetitions int) *result.Cell {
		c := &result.Cell{}
		for i := range repetitions {
			c.Repetitions = append(c.Repetitions, &result.Repetition{
				Index: i, Counters: result.Counters{Recorded: messages}, Phases: result.Phases{Steady: time.Second},
			})
		}
		return c
	}
	m := metric.For(quantity.Throughput)
	fast, slow := cell(200, 7), cell(100, 7)
	slow.Repetitions[3].Validity.Unusable = []string{result.ThroughputMetric}
	if in, ahead, behind := m.Ratio(slow, fast, 1.05); in.N != 6 || math.Abs(in.Median-0.5) > 1e-9 || ahead || !behind {
		t.Errorf("%+v, ahead %v, behind %v; want half of six pairs, behind", in, ahead, behind)
	}
	if in, ahead, behind := m.Ratio(cell(200, 5), slow, 1.05); in.N != 4 || ahead || behind {
		t.Errorf("%+v, ahead %v, behind %v; want four pairs and no leader", in, ahead, behind)
	}
}
