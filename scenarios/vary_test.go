package scenarios_test

import (
	"slices"
	"strings"
	"testing"

	"rtbench/scenarios"
)

func TestVaries(t *testing.T) {
	t.Parallel()
	parse := func(text string) *scenarios.Scenario {
		s, err := scenarios.Parse("t.yaml", []byte("name: t\npattern: echo\n"+text))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := parse("protocols: [tcp, grpc]\nload: {rate: [2k/s, 3k/s], connections: 4}\nthresholds: [lost == 0]\n")
	a, err := s.Varies("load.rate")
	if err != nil || a.Start != 2000 || a.Whole || a.Most != 1e8 {
		t.Fatalf("%+v, %v", a, err)
	}
	cells := s.At(a, 12500).Cells()
	if len(cells) != 2 || cells[0].Rate != 12500 || cells[0].Axes != "rate=12500" || cells[1].ID() != "echo/grpc/rate=12500" {
		t.Errorf("%+v", cells)
	}
	if len(s.Cells()) != 4 {
		t.Error("At changed the scenario")
	}
	if a, err = s.Varies("load.connections"); err != nil || a.Start != 4 || !a.Whole || a.Least != 1 {
		t.Errorf("%+v, %v", a, err)
	}
	if c := s.At(a, 7).Cells(); len(c) != 4 || c[0].Connections != 7 {
		t.Errorf("%+v", c)
	}
	for _, wrong := range []struct{ text, axis, want string }{
		{"load: {model: closed}", "load.rate", "load.rate in a closed loop"},
		{"load: {rate: 1k/s, stages: [{over: 1s, to: 2k/s}]}", "load.rate", "with load.stages"},
		{"load: {rate: 1k/s}", "load.streams", "load.streams over"},
		{"load: {rate: 1k/s}", "load.conections", "did you mean \"load.connections\"?"},
		{"load: {rate: 1k/s}", "pattern", "is no numeric axis; expected one of load.rate, load.connections, load.streams, payload.size"},
		{"load: {rate: 1k/s, topology: [each, one]}", "load.connections", "load.topology"},
	} {
		if _, err := parse(wrong.text).Varies(wrong.axis); err == nil || !strings.Contains(err.Error(), wrong.want) {
			t.Errorf("%s of %s: %v, want %q", wrong.axis, wrong.text, err, wrong.want)
		}
	}
}

func TestUpperLimits(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string][]scenarios.Limit{
		"p(99) < 10ms && failed_rate < 0.1%": {{Metric: "p(99)", Percentile: 99, Value: 10e6}, {Metric: "failed_rate", Value: 0.001}},
		"5ms >= max and lost == 0":           {{Metric: "max", Value: 5e6}},
		"p(99) < 10ms || lost == 0":          nil,
		"2 * p(99) < 10ms":                   nil,
		"p(99) > 10ms":                       nil,
	} {
		th, err := scenarios.NewThreshold(condition)
		if err != nil {
			t.Fatal(err)
		}
		got := th.UpperLimits()
		for i := range got {
			if got[i].Quantity.Name == "" {
				t.Errorf("%s: no quantity", condition)
			}
			got[i].Quantity = scenarios.Limit{}.Quantity
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %+v, want %+v", condition, got, want)
		}
	}
	if _, err := scenarios.NewThreshold("p(99) < 5"); err == nil || !strings.Contains(err.Error(), "a time needs a unit") {
		t.Error(err)
	}
}
