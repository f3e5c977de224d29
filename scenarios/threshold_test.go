package scenarios_test

import (
	"math"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"rtbench/proto/quantity"
	"rtbench/scenarios"
)

// withThreshold returns a scenario with one threshold.
func withThreshold(t interface{ Fatal(...any) }, condition string) []byte {
	quoted, err := yaml.Marshal(map[string][]string{"thresholds": {condition}})
	if err != nil {
		t.Fatal(err)
	}
	return append(quoted, "name: t\npattern: echo\nload: {rate: 1k/s}\n"...)
}

// run returns made-up values: percentiles grow with p.
func run(q quantity.Quantity, p float64) quantity.Value {
	return quantity.Value{Number: map[string]float64{
		"p": p * 1e6, "service": p * 1e3, "lag": p,
		"max": 200e6, "mean": 40e6, "throughput": 5000, "sent": 1000, "received": 990, "lost": 10, "duplicates": 1, "out_of_order": 2,
		"corrupt": 3, "dropped": 4, "errors": 5, "server_cpu": 20_000, "client_cpu": 30_000, "wire_bytes": 1024,
	}[q.Name]}
}

func baseline(q quantity.Quantity, p float64) quantity.Value {
	return quantity.Value{Number: map[string]float64{"p": p * 1e6, "throughput": 5001}[q.Name]}
}

func unmeasured(quantity.Quantity, float64) quantity.Value { return quantity.Value{Number: math.NaN()} }

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
		"lost/sent <= 1%":                 true,
		"(10/sent < 0.9%) || max < 1ms":   false,
		"7 % 4 == 3 and 1% < 1":           true,
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
		got, _, err := s.Thresholds[0].Evaluate(run, baseline)
		if err != nil || got != want {
			t.Errorf("%s: got %v, %v, expected %v", condition, got, err, want)
		}
		if s.Thresholds[0].Condition != condition {
			t.Errorf("%s: text is %s", condition, s.Thresholds[0].Condition)
		}
	}
}

// Both sides of a comparison need the same dimension.
func TestThresholdUnits(t *testing.T) {
	for condition, want := range map[string]string{
		// Times need a unit in every position.
		"p(99)<20":                      "a time needs a unit; did you mean 20ms?",
		"20 > p(99)":                    "a time needs a unit; did you mean 20ms?",
		"p(99) < 1.5":                   "a time needs a unit; did you mean 1.5ms?",
		"p(99) < -3":                    "a time needs a unit; did you mean 3ms?",
		"max < 5000000":                 "a time needs a unit; did you mean 5ms?",
		"mean <= 20":                    "a time needs a unit",
		"service(50) < 20":              "a time needs a unit",
		"lag(50) < 20":                  "a time needs a unit",
		"server_cpu < 20":               "a time needs a unit",
		"client_cpu + server_cpu < 20":  "a time needs a unit",
		"base.p(99) < 20":               "a time needs a unit",
		"base.mean < 20":                "a time needs a unit",
		"p(99) < base.p(99) + 5":        "a time needs a unit; did you mean 5ms?",
		"p(99) - 5 < 20ms":              "a time needs a unit",
		"p(99) < 2 * 10":                "a time needs a unit; expected ns, us, ms, s or m",
		"lost == 0 && p(99) < 20":       "a time needs a unit; did you mean 20ms?",
		"not (p(99) < 20)":              "a time needs a unit; did you mean 20ms?",
		"1.2 * p(99) < 20":              "a time needs a unit",
		"errors < 1%":                   "errors is a count; did you mean failed_rate < 1%?",
		"max < 1s && not_sent <= 2.5 %": "not_sent is a count; did you mean failed_rate <= 2.5%?",
		"throughput > 5%":               "throughput is a rate and 5% is a number",
		// Mixed dimensions.
		"p(99) < 5k/s":             "p(99) is a time and 5k/s is a rate; expected the same on both sides of <",
		"wire_bytes < 5ms":         "wire_bytes is bytes and 5ms is a time",
		"throughput > 5ms":         "throughput is a rate and 5ms is a time",
		"throughput > 1KiB":        "throughput is a rate and 1KiB is bytes",
		"lost < 5ms":               "lost is a number and 5ms is a time",
		"lost < 10/s":              "lost is a number and 10/s is a rate",
		"lost / sent < 1ms":        "one side is a number and 1ms is a time",
		"p(99) / p(50) < 3ms":      "is a time",
		"p(99) < throughput":       "p(99) is a time and throughput is a rate",
		"p(99) < base.throughput":  "is a rate",
		"p(99) * p(99) < 5ms":      "a mix of units",
		"p(99) ** 5ms < 5ms":       "expected an integer exponent",
		"p(99) + wire_bytes < 5ms": "expected the same on both sides of +",
		"max < 5µs || p(99) < 5B":  "p(99) is a time and 5B is bytes",
		"max < 5 ms":               "a space before the unit; expected it next to its number, such as 5ms",
		// Valid conditions.
		"p(99) < 1.2 * base.p(99)":             "",
		"p(99) - p(50) < 5ms":                  "",
		"p(99)/p(50) < 3":                      "",
		"lost / sent < 0.01":                   "",
		"lost / sent <= 1%":                    "",
		"failed_rate < 0.1 %":                  "",
		"7 % 4 == 3":                           "",
		"lost == 0":                            "",
		"p(99) > 0":                            "",
		"p(99) - 0 >= 0 && 0 <= max":           "",
		"lag(99) < 0.1 * p(50)":                "",
		"throughput >= 4900":                   "",
		"throughput >= 4.9k/s":                 "",
		"throughput * 10s >= 49000":            "",
		"sent / 10s > 4.9k/s":                  "",
		"throughput > base.throughput * 0.9":   "",
		"wire_bytes < 300":                     "",
		"wire_bytes < 1KiB and 2 * 1KB > 1":    "",
		"server_cpu * throughput < 0.5":        "",
		"(server_cpu + client_cpu) / 2 < 50us": "",
		"p(99)**2 < 4 * p(50) * p(50)":         "",
		"(lost == 0) == (corrupt == 0)":        "",
		"-max < 1ms":                           "",
	} {
		_, err := scenarios.Parse("t.yaml", withThreshold(t, condition))
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", condition, err)
		case want != "" && err == nil:
			t.Errorf("%s: taken, want %q", condition, want)
		case want != "" && (!strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "t.yaml:2:7: ")):
			t.Errorf("%s: %v, want %q with its place", condition, err, want)
		}
	}
}

func TestThresholdOfUnmeasuredMetric(t *testing.T) {
	s, err := scenarios.Parse("t.yaml", withThreshold(t, "p(99) < 5ms"))
	if err != nil {
		t.Fatal(err)
	}
	for _, th := range []scenarios.Threshold{s.Thresholds[0], {}} {
		if held, _, err := th.Evaluate(unmeasured, nil); err == nil || held || strings.Contains(err.Error(), "\n") {
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
		for _, of := range []quantity.Source{run, unmeasured} {
			if held, _, err := s.Thresholds[0].Evaluate(of, nil); held && err != nil {
				t.Fatalf("%q holds and is an error: %v", condition, err)
			}
		}
	})
}
