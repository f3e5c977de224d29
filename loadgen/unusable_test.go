package loadgen

import (
	"strings"
	"testing"
	"time"

	"rtbench/report/metric"
	"rtbench/report/result"
)

// A percentile between two judged ones has the validity of the higher. For a discarded repetition
// the verdict suffices. A baseline uses its usable repetitions.
func TestUnusableMetrics(t *testing.T) {
	for text, want := range map[string]string{
		"p(50) < 2ms":                        "true ",
		"p(95) < 6ms":                        "true ",
		"p(95) < 4ms":                        "false only an upper bound is known: late",
		"p(99) > 1ms":                        "false only an upper bound is known: late",
		"p(99) - p(50) < 1s":                 "true ",
		"p(50) - p(99) < 1s":                 "false only an upper bound is known: late",
		"p(99) / p(50) < 100":                "false only an upper bound is known: late",
		"p(99) == p(99)":                     "false only an upper bound is known: late",
		"p(99) < 1s and received > 1":        "true ",
		"not (p(99) > 1s)":                   "false only an upper bound is known: late",
		"p(99) < 100 * base.p(50)":           "true ",
		"p(50) < 100 * base.p(99)":           "false base.p(99) is not usable: in repetition 1 of the baseline: late",
		"throughput > 1/s":                   "true ",
		"{condition: max < 6ms, window: 1s}": "true ",
		"{condition: max < 4ms, window: 1s}": "false only an upper bound is known: late",
	} {
		s := parse(t, "{name: x, pattern: echo, load: {rate: 1k/s}, thresholds: ["+text+"]}")
		r := repetitionOf3s(t)
		r.Validity = result.Validity{
			Findings: []result.Finding{{Word: result.Limited, Reason: "late", Unusable: []string{"p99", "p99.9", "p99.99", "max", "mean"}}},
			Unusable: []string{"p99", "p99.9", "p99.99", "max", "mean"}, AtMost: []string{"p99", "p99.9", "p99.99", "max", "mean"},
		}
		o := evaluateThresholds(s, r, metric.OfRepetition(r), &result.Cell{Repetitions: []*result.Repetition{r}})[0]
		got := "false "
		if o.Holds {
			got = "true "
		}
		if got += o.Error; got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	r := repetitionOf3s(t)
	r.Validity = result.Validity{Discarded: true, Findings: []result.Finding{{Word: result.ServerFailed, Reason: "broken"}}}
	r.ClientPauses = result.Pauses{Count: 1, Longest: 200 * time.Millisecond}
	if o := evaluateThresholds(parse(t, "{name: x, pattern: echo, load: {rate: 1k/s}, thresholds: [p(99) < 6ms]}"), r, metric.OfRepetition(r), nil)[0]; !o.Holds {
		t.Errorf("%+v", o)
	}
}

// A threshold is unknown if the bounds lie on both sides of its limit, and fails if not even the lower
// bound meets it.
func TestThresholdBetweenBounds(t *testing.T) {
	for text, want := range map[string]struct{ holds, unknown, close bool }{
		"p(99) < 6ms":                        {true, false, false},
		"p(99) < 5.0005ms":                   {false, true, true}, // 5.0012 ms
		"p(99) < 4ms":                        {false, true, false},
		"p(99) < 500us":                      {false, false, false},
		"p(99) < 999990ns":                   {false, false, false}, // not 1.000 ms
		"p(50) <= 1ms":                       {false, false, true},  // 1.0004 ms
		"{condition: max < 4ms, window: 1s}": {false, true, false},  // windows have no lower bound
		"p(99) > 1ms":                        {false, true, false},
		"failed_rate < 1":                    {true, false, false},
		"p(99.99) < 1s":                      {false, true, false}, // too few messages
		"server_cpu < 1ms":                   {false, true, false},
	} {
		r := repetitionOf3s(t)
		high := []string{"p99", "p99.9", "p99.99", "max", "mean"}
		r.Low, r.Service = r.Timeline[0].Response, r.Timeline[0].Response // 1 ms
		r.Counters.Due = 3000
		r.Validity = result.Validity{
			Findings: []result.Finding{{Word: result.Limited, Kind: result.SentLate, Reason: "late", Unusable: high, AtMost: true, Bounded: true}},
			Unusable: high, AtMost: high,
		}
		o := evaluateThresholds(parse(t, "{name: x, pattern: echo, load: {rate: 1k/s}, thresholds: ["+text+"]}"), r, metric.OfRepetition(r), nil)[0]
		if o.Holds != want.holds || o.Unknown != want.unknown || o.Close != want.close || o.Unknown && o.Error == "" {
			t.Errorf("%s: %+v, want %+v", text, o, want)
		}
		if bounded := strings.HasPrefix(text, "p(99) "); bounded && (o.Observed[0].Low == 0 || o.Observed[0].Low > 2e6) {
			t.Errorf("%s: observed %+v, expected a lower bound", text, o.Observed)
		}
	}
}
