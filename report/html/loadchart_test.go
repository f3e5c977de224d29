package html

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rtbench/report/result"
)

// madeUpLoads returns a result with two protocols at several rates.
func madeUpLoads(t *testing.T) *result.Result {
	t.Helper()
	m := madeUp{repetitions: 1, slots: 2, messages: 500}
	r := m.result(t)
	for i, rate := range []float64{1000, 2000, 4000, 8000} {
		for _, protocol := range []string{"websocket", "grpc"} {
			c := m.cell(t, "echo", protocol, time.Duration(100<<i)*time.Microsecond)
			c.Config.Rate, c.Config.Axes = rate, fmt.Sprintf("rate=%g", rate)
			c.ID += "/" + c.Config.Axes
			r.Cells = append(r.Cells, c)
		}
	}
	return r
}

func TestChartByLoad(t *testing.T) {
	t.Parallel()
	page := string(rendered(t, nil, madeUpLoads(t)))
	for _, want := range []string{`<section id="loads">`, "p99 by rate", `<g class="c1"><polyline`, `<g class="c3"><polyline`, `href="#loads"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if n := strings.Count(page, `r="3.5"><title>`); n != 8 {
		t.Errorf("%d points, want 8", n)
	}
	if strings.Contains(page, `class="limit" x1`) {
		t.Error("a limit without an objective")
	}
	if page := string(rendered(t, nil, small(t))); strings.Contains(page, `id="loads"`) {
		t.Error("a chart of a single load")
	}
}

// The chart shows upper bounds as such, and no time that the tables refuse.
func TestChartByLoadRefusesWhatTheTablesRefuse(t *testing.T) {
	t.Parallel()
	r := madeUpLoads(t)
	p99 := []string{"p99"}
	late := []result.Finding{{Word: result.Limited, Kind: result.SentLate, Reason: "late", Unusable: p99, AtMost: true}}
	r.Cells[0].Repetitions[0].Validity = result.Validity{Findings: late, Unusable: p99, AtMost: p99}
	r.Cells[1].Repetitions[0].Series.Independent = []result.Independent{{Percentile: 99, Messages: 60}}
	page := string(rendered(t, nil, r))
	if n, bounds := strings.Count(page, `r="3.5"><title>`), strings.Count(page, `<circle class="bound"`); n != 7 || bounds != 1 {
		t.Errorf("%d points, %d of them upper bounds; want 7 and 1", n, bounds)
	}
	if !strings.Contains(page, "websocket at 1000: ≤ ") || !strings.Contains(page, "Hollow points are upper bounds") {
		t.Error("the page does not say that a point is an upper bound")
	}
}

func TestSearchPage(t *testing.T) {
	t.Parallel()
	r := madeUpLoads(t)
	r.Search = &result.Search{
		Objective: "p(99) < 1ms", Limits: []result.SearchLimit{{Metric: "p(99)", Value: 1e6, Unit: "ns", Percentile: 99}},
		Axis: "load.rate", Start: 1000, Least: 1, Most: 1e6, Precision: 0.05, Steps: 4, Seed: 1,
	}
	for i, c := range r.Cells {
		rep := c.Repetitions[0]
		rep.Order = i
		rep.Thresholds = []result.Outcome{{Text: "p(99) < 1ms", Holds: rep.Response.Quantile(99) < time.Millisecond}}
	}
	page := string(rendered(t, nil, r))
	text := words(t, []byte(page))
	for _, want := range []string{"websocket takes ", " messages/s (", "Objective: p(99) < 1ms", "wider than ±5 % after 4 steps"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if !strings.Contains(page, `class="limit" x1`) {
		t.Error("the page has no line for the limit")
	}
}
