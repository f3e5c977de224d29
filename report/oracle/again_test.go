package oracle_test

import (
	"slices"
	"testing"

	"rtbench/report/oracle"
	"rtbench/report/result"
)

func TestSecondRun(t *testing.T) {
	row := func(name, protocol, metric, unit string, want, measured result.Number) result.Expectation {
		return result.Expectation{
			Case: name, Cell: "oracle-" + name + "/echo/" + protocol, Protocol: protocol, Metric: metric, Unit: unit,
			Want: want, Measured: measured, Allowed: 2, Within: measured >= want-2 && measured <= want+2,
		}
	}
	first := &result.Result{Oracle: []result.Expectation{
		row("floor", "tcp", "lost", oracle.Messages, 0, 0),
		row("delay", "tcp", "p50", oracle.Nanoseconds, 100, 107), // noise
		row("delay", "sse", "p50", oracle.Nanoseconds, 100, 107), // an error
		row("stall", "tcp", "over 200ms", oracle.Messages, 80, 85),
		row("uniform", "tcp", "p50", oracle.Nanoseconds, 100, 90), // too short: no noise
		row("lose", "tcp", "lost", oracle.Messages, 80, 83),       // a count
	}}
	cases, protocols := oracle.Repeatable(first)
	var names []string
	for _, c := range cases {
		names = append(names, c.Name)
	}
	if !slices.Equal(names, []string{"floor", "delay", "stall"}) || !slices.Equal(protocols, []string{"tcp", "sse"}) {
		t.Fatalf("%v over %v run again", names, protocols)
	}
	oracle.Confirm(first, &result.Result{Oracle: []result.Expectation{
		row("delay", "tcp", "p50", oracle.Nanoseconds, 100, 101),
		row("delay", "sse", "p50", oracle.Nanoseconds, 100, 108),
		row("stall", "tcp", "over 200ms", oracle.Messages, 80, 80),
		row("uniform", "tcp", "p50", oracle.Nanoseconds, 100, 100),
		row("lose", "tcp", "lost", oracle.Messages, 80, 80),
	}})
	var within []bool
	var before []result.Number
	for _, e := range first.Oracle {
		within, before = append(within, e.Within), append(before, e.First)
	}
	if !slices.Equal(within, []bool{true, true, false, true, false, false}) || !slices.Equal(before, []result.Number{0, 107, 107, 85, 0, 0}) {
		t.Errorf("after the second run within tolerance: %v, first values: %v", within, before)
	}
	first.Oracle = first.Oracle[:1]
	if cases, protocols := oracle.Repeatable(first); cases != nil || protocols != nil {
		t.Errorf("without deviations %v over %v run again", cases, protocols)
	}
}
