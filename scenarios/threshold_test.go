package scenarios_test

import (
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios"
)

// withThreshold is a scenario with one threshold.
func withThreshold(t interface{ Fatal(...any) }, condition string) []byte {
	quoted, err := yaml.Marshal(map[string][]string{"thresholds": {condition}})
	if err != nil {
		t.Fatal(err)
	}
	return append(quoted, "name: t\npattern: echo\nload: {rate: 1k/s}\n"...)
}

func figures() scenarios.Figures {
	percentile := func(scale float64) func(float64) float64 {
		return func(p float64) float64 { return p * scale }
	}
	return scenarios.Figures{
		Base: &scenarios.Figures{P: percentile(1e6), Throughput: 5001},
		P:    percentile(1e6), Service: percentile(1e3), Lag: percentile(1),
		Max: 200e6, Mean: 40e6, Throughput: 5000, Sent: 1000, Received: 990, Lost: 10, Duplicates: 1, OutOfOrder: 2,
		Corrupt: 3, Dropped: 4, Errors: 5, ServerCPU: 20_000, ClientCPU: 30_000, WireBytes: 1024,
	}
}

func TestThresholdHolds(t *testing.T) {
	for condition, want := range map[string]bool{
		"p(99) < 100ms":                   true,
		"p(99) < 99ms":                    false,
		"p(99.9) == 99.9ms":               true,
		"service(50) <= 50us":             true,
		"service(50) <= 50µs":             true,
		"lag(50) == 50ns":                 true,
		"max <= 0.2s && mean < 1m":        true,
		"throughput >= 5k/s":              true,
		"throughput > 0.005M/s":           false,
		"throughput > 4999/s":             true,
		"wire_bytes == 1KiB":              true,
		"wire_bytes > 1KB":                true,
		"lost == 10 and errors > 4":       true,
		"lost/sent <= 0.01":               true,
		"10/sent == 0.01":                 true,
		"not (received < 900)":            true,
		"server_cpu + client_cpu == 50us": true,
		"duplicates + out_of_order + corrupt + dropped == 10": true,
		"2 * p(50) > max":           false,
		"-lost < 0":                 true,
		"p(99) <= 1.1 * base.p(90)": true,
		"p(99) < base.p(90)":        false,
		"throughput > base.throughput * 0.9 && base.lost == 0": true,
	} {
		s, err := scenarios.Parse("t.yaml", withThreshold(t, condition))
		if err != nil {
			t.Errorf("%s: %v", condition, err)
			continue
		}
		got, err := s.Thresholds[0].Holds(figures())
		if err != nil || got != want {
			t.Errorf("%s: got %v, %v, expected %v", condition, got, err, want)
		}
		if s.Thresholds[0].Text != condition {
			t.Errorf("%s: text is %s", condition, s.Thresholds[0].Text)
		}
	}
}

func TestThresholdReadsPercentiles(t *testing.T) {
	s, err := scenarios.Parse("t.yaml", withThreshold(t, "p(99) == 99"))
	if err != nil {
		t.Fatal(err)
	}
	held, err := s.Thresholds[0].Holds(scenarios.Figures{P: func(p float64) float64 { return p }})
	if err != nil || !held {
		t.Errorf("got %v, %v", held, err)
	}
}

func TestThresholdWithoutItsFigureIsAnError(t *testing.T) {
	s, err := scenarios.Parse("t.yaml", withThreshold(t, "p(99) < 5ms"))
	if err != nil {
		t.Fatal(err)
	}
	for _, th := range []scenarios.Threshold{s.Thresholds[0], {}} {
		if held, err := th.Holds(scenarios.Figures{}); err == nil || held || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, %v", held, err)
		}
	}
}

func FuzzThreshold(f *testing.F) {
	for _, seed := range []string{
		"p(99) < 5ms", "lost == 0", "lost/sent <= 1%", "p(", "p(-1) < 5ms", "1..9999999 == nil", "max ** max ** max > 0",
		"1 / 0 == 0", "1 % 0 == 0", "9223372036854775807 + 1 > 0", "let x = 1; x > 0", "{a: 1}.a > 0", "lost ?? 1 > 0",
		"(((((((((lost)))))))) == 0", "true ? lost == 0 : false", "\"5ms\" == \"5ms\"", "$env != nil", "p(99) | max() > 0",
		"1 << 5 < max", "lost == 0xff", "lost == 1e400", "not not not true", "p(99)(1) > 0", "lost /* */ == 0 // x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, condition string) {
		quoted, err := yaml.Marshal(condition)
		if err != nil || strings.Contains(string(quoted), "!!binary") {
			t.Skip("not a text that YAML can carry")
		}
		s, err := scenarios.Parse("t.yaml", withThreshold(t, condition))
		if err != nil {
			checkProblems(t, err)
			return
		}
		for _, figures := range []scenarios.Figures{figures(), {}} {
			if held, err := s.Thresholds[0].Holds(figures); held && err != nil {
				t.Fatalf("%q holds and is an error: %v", condition, err)
			}
		}
	})
}
