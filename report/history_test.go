package report

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"rtbench/internal/golden"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// madeUpHistory returns n nightly results of two protocols. From result number slower on, websocket
// takes a third longer. Nothing in them was measured.
func madeUpHistory(t testing.TB, n, slower int) []result.Named {
	t.Helper()
	var out []result.Named
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		r := &result.Result{
			Version: result.Version, Started: madeUpStart.AddDate(0, 0, i),
			Environment: result.Environment{OS: "linux", Arch: "amd64", Kernel: "6.1.0", CPU: "Made-up CPU", Cores: 4},
			Scenarios:   []result.Scenario{{Name: "made-up", Source: "name: made-up\n"}},
		}
		for _, protocol := range []string{"tcp", "websocket"} {
			at := 80 + 2*rng.NormFloat64()
			if protocol == "websocket" && i >= slower {
				at *= 1.33
			}
			c := madeUpCell(t, "echo", protocol, 400, 2, time.Duration(at*1000))
			r.Cells = append(r.Cells, c)
		}
		out = append(out, result.Named{Dir: fmt.Sprintf("results/%02d", i+1), Result: r})
	}
	return out
}

func history(t *testing.T, results []result.Named) string {
	t.Helper()
	var out bytes.Buffer
	if err := History(&out, results); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestHistoryGolden(t *testing.T) {
	results := madeUpHistory(t, 14, 7)
	for _, rep := range results[3].Result.Cells[0].Repetitions {
		rep.Validity.Discarded = true
	}
	got := history(t, results)
	if again := history(t, results); again != got {
		t.Error("the same results give different output")
	}
	golden.Check(t, "testdata/made-up.history", got)
}

func TestHistoryFindsTheChange(t *testing.T) {
	results := madeUpHistory(t, 14, 7)
	for _, rep := range results[2].Result.Cells[1].Repetitions { // before the change, which thus moves by one place
		rep.Validity.Discarded = true
	}
	sections := HistoryOf(results)
	if len(sections) != 1 || len(sections[0].Series) != 2*len(metric.In(metric.History)) {
		t.Fatalf("%d sections", len(sections))
	}
	for _, s := range sections[0].Series {
		moves := s.Cell == "made-up/echo/websocket" && slices.Contains([]string{"p50", "p99", "server CPU/msg"}, s.Metric)
		if (len(s.Changes) == 1) != moves {
			t.Errorf("%s %s: changes %+v", s.Cell, s.Metric, s.Changes)
		}
		if moves {
			c := s.Changes[0]
			_, known := s.known()
			if sections[0].Results[known[c.At]].Dir != "results/08" || c.At != 6 || len(known) != 13 || math.Abs(c.After/c.Before-1.33) > 0.1 {
				t.Errorf("%s %s: %+v, want the step of ×1.33 at results/08, the 7th of 13", s.Cell, s.Metric, c)
			}
			if !math.IsNaN(s.Values[2]) {
				t.Errorf("the discarded cell has the value %v", s.Values[2])
			}
		}
	}
}

func TestHistorySeparatesDifferentSetups(t *testing.T) {
	for name, change := range map[string]func(*result.Result){
		"the kernel":                       func(r *result.Result) { r.Environment.Kernel = "6.2.0" },
		"the CPU":                          func(r *result.Result) { r.Environment.CPU = "Another" },
		"the number of cores":              func(r *result.Result) { r.Environment.Cores = 8 },
		"the system":                       func(r *result.Result) { r.Environment.Arch = "arm64" },
		"the scenario's file":              func(r *result.Result) { r.Scenarios[0].Source += "# other\n" },
		"the cells or their configuration": func(r *result.Result) { r.Cells[1].Config.Steady *= 2 },
	} {
		results := madeUpHistory(t, 4, 4)
		change(results[1].Result)
		change(results[3].Result)
		sections := HistoryOf(results)
		if len(sections) != 2 {
			t.Errorf("%s: %d sections, want 2", name, len(sections))
			continue
		}
		for i, s := range sections {
			if len(s.Results) != 2 || len(s.Series[0].Values) != 2 || s.Differences != []string{"", name}[i] {
				t.Errorf("%s: section %d has %d results, differences %q", name, i, len(s.Results), s.Differences)
			}
		}
	}
}

func TestHistoryWithTooFewResults(t *testing.T) {
	if got, want := history(t, madeUpHistory(t, 3, 1)), "3 results are too few to detect a change point; 10 are needed"; !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
	results := madeUpHistory(t, 10, 10)
	for _, n := range results[:5] {
		n.Result.Cells[0].Repetitions = nil // interrupted before this cell
	}
	each := len(metric.In(metric.History))
	if got, want := history(t, results), fmt.Sprintf("%d of %d series have fewer than 10 usable results", each, 2*each); !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
	if got := history(t, nil); got != "There are no results.\n" {
		t.Errorf("no results: %q", got)
	}
	if err := History(brokenWriter{}, results); err == nil {
		t.Error("the writer's error is lost")
	}
}

func TestHistoryKeepsTheNewest(t *testing.T) {
	var results []result.Named
	for i := range historyMaxResults + 5 {
		r := &result.Result{Started: madeUpStart.AddDate(0, 0, i), Cells: []*result.Cell{{ID: "a"}}}
		results = append(results, result.Named{Dir: fmt.Sprint(i), Result: r})
	}
	s := HistoryOf(results)[0]
	if s.LeftOut != 5 || len(s.Results) != historyMaxResults || s.Results[0].Dir != "5" || len(s.Series[0].Values) != historyMaxResults {
		t.Errorf("%d left out, the first is %s", s.LeftOut, s.Results[0].Dir)
	}
}

func TestSparkline(t *testing.T) {
	for want, values := range map[string][]float64{
		"▁▅█·▁": {1, 2, 3, math.NaN(), 1}, "▄▄": {5, 5}, "··": {math.NaN(), math.NaN()}, "": nil,
	} {
		if got := result.Sparkline(values, 0); got != want {
			t.Errorf("%v: %s, want %s", values, got, want)
		}
	}
	if got := result.Sparkline([]float64{100, 99}, 0.1); got != "█▇" {
		t.Errorf("nearly level: %s", got)
	}
}

func TestOrdinal(t *testing.T) {
	for n, want := range map[int]string{1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 21: "21st", 112: "112th"} {
		if got := ordinal(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
