package oracle_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"rtbench/proto/record"
	"rtbench/report/oracle"
	"rtbench/report/result"
)

// config returns the configuration of a cell of the scenario oracle.
func config() result.Config {
	return result.Config{
		Protocol: "tcp", Pattern: "echo", Model: "open", Arrivals: "constant", Rate: 400, Connections: 8, Streams: 1,
		Warmup: 400 * time.Millisecond, Steady: 2 * time.Second,
	}
}

// noise returns the contribution of the machine: 100 to 200 µs.
func noise(i int) float64 { return 100e3 + float64(i*37%101)*1e3 }

// cell returns a cell with times late(i) for messages i = 0 … 799 and no losses.
func cell(late func(i int) float64) *result.Cell {
	h := record.NewHistogram()
	for i := range 800 {
		if err := h.RecordValue(int64(late(i))); err != nil {
			panic(err)
		}
	}
	return &result.Cell{ID: "oracle/echo/tcp", Config: config(), Repetitions: []*result.Repetition{{
		Response: result.Wrap(h), Counters: result.Counters{Planned: 800, Recorded: 800},
	}}}
}

func floor() *result.Cell { return cell(noise) }

func find(t *testing.T, name string) oracle.Case {
	t.Helper()
	for _, c := range oracle.Cases {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no case %s", name)
	return oracle.Case{}
}

// off returns the metrics that are not within tolerance. It fails if a row is incomplete.
func off(t *testing.T, rows []result.Expectation) string {
	t.Helper()
	var names []string
	for _, r := range rows {
		if r.Metric == "" || r.Formula == "" || r.Unit == "" || r.Cell != "oracle/echo/tcp" || r.Protocol != "tcp" {
			t.Errorf("incomplete row %+v", r)
		}
		if !r.Within {
			names = append(names, r.Metric)
		}
	}
	return strings.Join(names, " ")
}

// faults are the delays of message i of 800, due evenly over 2 s.
var faults = map[string]func(i int) float64{
	"delay":       func(int) float64 { return 10e6 },
	"uniform":     func(i int) float64 { return 5e6 + 10e6*(float64(i)+0.5)/800 },
	"exponential": func(i int) float64 { return -2.5e6 * math.Log(1-(float64(i)+0.5)/800) },
	"stall": func(i int) float64 {
		if at := float64(i) * 2.5e6; at >= 800e6 && at < 1200e6 {
			return 1200e6 - at
		}
		return 0
	},
}

func TestExpectedTimes(t *testing.T) {
	for name, late := range faults {
		c := find(t, name)
		got := cell(func(i int) float64 { return late(i) + noise(i) })
		rows := c.Check(got, floor())
		if bad := off(t, rows); bad != "" {
			t.Errorf("%s: %s not within tolerance: %+v", name, bad, rows)
		}
		// 5 % plus 1 ms exceeds the tolerance.
		got = cell(func(i int) float64 { return 1.05*late(i) + noise(i) + 1e6 })
		if bad := off(t, c.Check(got, floor())); !strings.Contains(bad, "p50") && !strings.Contains(bad, "p95") || !strings.Contains(bad, "mean") {
			t.Errorf("%s with 5 %% more: only %q not within tolerance", name, bad)
		}
	}
}

func TestClosedForms(t *testing.T) {
	flat := cell(func(int) float64 { return 0 })
	for _, want := range []struct {
		name, metric string
		value        float64
	}{
		{"delay", "p50", 10e6},
		{"delay", "mean", 10e6},
		{"uniform", "p10", 6e6},
		{"uniform", "p90", 14e6},
		{"uniform", "mean", 10e6},
		{"exponential", "p50", 2.5e6 * math.Ln2},
		{"exponential", "p99", 2.5e6 * math.Log(100)},
		{"exponential", "mean", 2.5e6},
		{"stall", "p90", 200e6},
		{"stall", "p99", 380e6},
		{"stall", "mean", 40e6},
		{"stall", "over 200ms", 80},
		{"lose", "lost", 80},
		{"lose", "recorded", 720},
		{"duplicate", "duplicates", 80},
		{"duplicate", "recorded", 800},
		{"swap", "out_of_order", 72},
		{"floor", "lost", 0},
	} {
		seen := false
		for _, r := range find(t, want.name).Check(flat, flat) {
			if r.Metric == want.metric {
				seen = true
				tolerance := 0.0
				if r.Unit == oracle.Nanoseconds { // resolution of the histogram
					tolerance = 1000
				}
				if math.Abs(float64(r.Want)-want.value) > tolerance {
					t.Errorf("%s %s = %v, want %v", want.name, want.metric, r.Want, want.value)
				}
			}
		}
		if !seen {
			t.Errorf("%s has no metric %s", want.name, want.metric)
		}
	}
}

func TestCountsAreExact(t *testing.T) {
	for name, change := range map[string]func(n *result.Counters, by uint64){
		"lose":      func(n *result.Counters, by uint64) { n.Lost, n.Recorded = 80+by, 720-by },
		"duplicate": func(n *result.Counters, by uint64) { n.Duplicates = 80 + by },
		"swap":      func(n *result.Counters, by uint64) { n.OutOfOrder = 72 + by },
		"floor":     func(n *result.Counters, by uint64) { n.Corrupt = by },
	} {
		got := floor()
		change(&got.Repetitions[0].Counters, 0)
		got.Repetitions = append(got.Repetitions, got.Repetitions[0]) // two repetitions
		if bad := off(t, find(t, name).Check(got, nil)); bad != "" {
			t.Errorf("%s: %s not within tolerance", name, bad)
		}
		change(&got.Repetitions[0].Counters, 1)
		if bad := off(t, find(t, name).Check(got, nil)); bad == "" {
			t.Errorf("%s: one more is within tolerance", name)
		}
	}
}

// Times are not within tolerance if there is no closed form or no measurement.
func TestUnknownIsNotWithin(t *testing.T) {
	all := []string{"delay", "uniform", "exponential", "stall"}
	for _, unknown := range []struct {
		name   string
		cases  []string
		change func(c, floor *result.Cell)
	}{
		{"closed loop", all, func(c, _ *result.Cell) { c.Config.Model = "closed" }},
		{"poisson", all, func(c, _ *result.Cell) { c.Config.Arrivals = "poisson" }},
		{"stages", all, func(c, _ *result.Cell) { c.Config.Stages = []result.Stage{{Over: time.Second, To: 1}} }},
		{"no repetitions", all, func(c, _ *result.Cell) { c.Repetitions = nil }},
		{"empty floor", all, func(_, f *result.Cell) { f.Repetitions = nil }},
		{"queueing", all[:3], func(c, _ *result.Cell) { c.Config.Rate = 2000 }},
		{"steady phase too short to stall", all[3:], func(c, _ *result.Cell) { c.Config.Steady = 300 * time.Millisecond }},
	} {
		for _, name := range unknown.cases {
			got, under := cell(faults[name]), floor()
			unknown.change(got, under)
			for _, r := range find(t, name).Check(got, under) {
				if r.Unit == oracle.Nanoseconds && (r.Within || !math.IsNaN(float64(r.Want-r.Measured))) {
					t.Errorf("%s with %s: %+v", name, unknown.name, r)
				}
			}
		}
	}
	got := floor()
	got.Repetitions = nil
	for _, r := range find(t, "floor").Check(got, nil) {
		if r.Within || !math.IsNaN(float64(r.Measured)) {
			t.Errorf("no repetitions: %+v", r)
		}
	}
}

func TestCasesAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for i, c := range oracle.Cases {
		if c.Name == "" || c.About == "" || (c.Fault == "" && c.Scenario == "") != (i == 0) || seen[c.Name] {
			t.Errorf("case %d: %+v", i, c)
		}
		seen[c.Name] = true
	}
}

// Answers as planned are within tolerance. A late first token, a stretched answer and a missing token are not.
func TestTokens(t *testing.T) {
	plan := result.Tokens{Count: 5, First: 100 * time.Millisecond, Every: 20 * time.Millisecond}
	of := func(d time.Duration) result.Histogram {
		h := record.NewHistogram()
		_ = h.RecordValue(int64(d))
		return result.Wrap(h)
	}
	check := func(first, every time.Duration, tokens uint64) string {
		c := floor()
		c.Config.Pattern, c.Config.Tokens = "generate", plan
		c.Repetitions[0].Answers = &result.Answers{
			Requests: 1, Ended: 1, Tokens: tokens, First: of(first), Between: of(every), PerToken: of(every), Whole: of(first + 4*every),
		}
		return off(t, find(t, "tokens").Check(c, c))
	}
	for want, got := range map[string]string{
		"":                                     check(100*time.Millisecond, 20*time.Millisecond, 5),
		"TTFT p50":                             check(103*time.Millisecond, 20*time.Millisecond, 5),
		"ITL p50 ITL mean TPOT p50 answer p50": check(100*time.Millisecond, 21*time.Millisecond, 5),
		"tokens":                               check(100*time.Millisecond, 20*time.Millisecond, 4),
	} {
		if got != want {
			t.Errorf("off: %q, want %q", got, want)
		}
	}
}
