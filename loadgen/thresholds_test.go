package loadgen

import (
	"context"
	"strings"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/proto/record"
	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// repetitionOf3s returns a repetition of three seconds: 1 ms, 5 ms, 1 ms.
func repetitionOf3s(t *testing.T) *result.Repetition {
	t.Helper()
	r := &result.Repetition{Phases: result.Phases{Steady: 3 * time.Second}, Counters: result.Counters{Recorded: 3000}}
	for i, d := range []time.Duration{time.Millisecond, 5 * time.Millisecond, time.Millisecond} {
		h := record.NewHistogram()
		if err := h.RecordValues(int64(d), 1000); err != nil {
			t.Fatal(err)
		}
		r.Timeline = append(r.Timeline, result.Interval{Start: time.Duration(i) * time.Second, Length: time.Second, Response: result.Wrap(h)})
		r.Response.Merge(result.Wrap(h))
	}
	return r
}

func TestThresholdsWithWindowsAndBaseline(t *testing.T) {
	r := repetitionOf3s(t)
	baseline := &result.Cell{Repetitions: []*result.Repetition{repetitionOf3s(t)}}
	for text, want := range map[string]string{
		"p(50) < 2ms":                                   "holds",
		"{condition: p(50) < 2ms, window: 1s}":          "from 1s to 2s",
		"{condition: p(99) < 6ms, window: 1s}":          "holds",
		"{condition: p(50) < 2ms, window: 2s}":          "holds", // half of the first two seconds is 1 ms
		"{condition: max < 2ms, window: 1s, after: 2s}": "holds",
		"{condition: max < 2ms, window: 1s, after: 1s}": "from 1s to 2s",
		"{condition: received == 1000, window: 1s}":     "holds",
		"{condition: throughput >= 1k/s, window: 1s}":   "holds",
		"{condition: throughput > 1k/s, window: 1s}":    "from 0s to 1s",
		"{condition: p(50) < 1s, window: 4s}":           "no window of 4s fits into the steady phase of 3s",
		"p(99) <= 1.1 * base.p(99)":                     "holds",
		"p(99) < 0.9 * base.p(99)":                      "fails",
		"throughput >= base.throughput":                 "holds",
		"{condition: p(99) <= base.p(99), window: 1s}":  "holds",
	} {
		s := parse(t, "{name: x, pattern: echo, load: {rate: 1k/s}, thresholds: ["+text+"]}")
		o := evaluateThresholds(s, r, metric.OfRepetition(r), baseline)[0]
		got := "fails"
		switch {
		case o.Holds:
			got = "holds"
		case o.Where+o.Error != "":
			got = o.Where + o.Error
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	s := parse(t, "{name: x, pattern: echo, load: {rate: 1k/s}, thresholds: [p(99) < base.p(99)]}")
	if o := evaluateThresholds(s, r, metric.OfRepetition(r), nil)[0]; o.Holds || o.Error == "" {
		t.Errorf("without a baseline: %+v", o)
	}
}

// A run of an hour ends in the second in which its threshold fails, also with agents.
func TestAbort(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, e := range []struct {
		more  string
		fleet Fleet
	}{{"", nil}, {", window: 50ms", nil}, {"", crowd{0, 0}}, {", window: 50ms", crowd{0, 0}}} {
		s := parse(t, `{name: x, protocols: tcp, pattern: echo, load: {rate: 1k/s, connections: 2}, phases: {warmup: 20ms, steady: 1h, drain: 5s}, repetitions: 9,
  thresholds: [{condition: p(50) < 1ns, abort: true, after: 100ms`+e.more+`}]}`)
		res, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, ""), Fleet: e.fleet})
		if err != nil {
			t.Fatal(err)
		}
		reps := res.Cells[0].Repetitions
		if len(reps) != 1 || !strings.Contains(reps[0].Aborted, "p(50) < 1ns") || reps[0].Interrupted || reps[0].Error != "" {
			t.Fatalf("%d repetitions, the first %+v", len(reps), reps[0])
		}
		if r := reps[0]; r.Response.Count() == 0 || r.Phases.Steady < 100*time.Millisecond || r.Phases.Steady > 10*time.Minute || r.Counters.Failed > 0 || r.Counters.Recorded != r.Counters.Due {
			t.Errorf("%d messages in %v of %+v", r.Response.Count(), r.Phases.Steady, r.Counters)
		}
	}
}

func TestCheckBaseline(t *testing.T) {
	s := parse(t, "{name: x, protocols: tcp, pattern: echo, load: {rate: 1k/s}}")
	list := []*scenarios.Scenario{s}
	base := newResult(list)
	base.Cells = Cells(list)
	if err := CheckBaseline(list, base); err != nil {
		t.Error(err)
	}
	base.Environment.FileLimit++ // the same machine
	if err := CheckBaseline(list, base); err != nil {
		t.Error(err)
	}
	base.Cells[0].Config.Rate = 2000
	if err := CheckBaseline(list, base); err == nil || !strings.Contains(err.Error(), "cell x/echo/tcp: rate: 2000, 1000") {
		t.Errorf("another load: %v", err)
	}
	base.Environment.Cores++
	if err := CheckBaseline(list, base); err == nil || !strings.Contains(err.Error(), "machine: cores") {
		t.Errorf("another machine: %v", err)
	}
	if err := CheckBaseline(list, &result.Result{}); err == nil || !strings.Contains(err.Error(), "no cell x/echo/tcp") {
		t.Errorf("another scenario: %v", err)
	}
}
