package report

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rtbench/report/result"
)

// The details have a row for each agent, and one for its delivery times on one clock and between two.
func TestAgentsInDetails(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	r := madeUpResult(t)
	rep := r.Cells[0].Repetitions[0]
	rep.Agents = []result.Agent{
		{Name: "near", Recorded: 900, Within: madeUpTimes(t, rng, 400, time.Millisecond), Between: madeUpTimes(t, rng, 500, 3*time.Millisecond), Clock: &result.ClockOffset{Bound: 150 * time.Microsecond}},
		{Name: "far", Recorded: 10, Within: madeUpTimes(t, rng, 5, time.Millisecond), Between: madeUpTimes(t, rng, 500, time.Millisecond), Clock: &result.ClockOffset{Bound: 50 * time.Microsecond}},
		{Name: "alone", Recorded: 5},
	}
	rep.Skew = result.SkewOf(rep.Agents, time.Second)
	var text strings.Builder
	if err := Details(&text, r); err != nil {
		t.Fatal(err)
	}
	_, agents, _ := strings.Cut(text.String(), "\nAgents\n")
	table, between, _ := strings.Cut(agents, "\nDelivery times on one clock, and between two\n")
	for _, want := range []string{"near", "far", "alone"} {
		if !strings.Contains(table, want) {
			t.Errorf("no agent %s in:\n%s", want, table)
		}
	}
	between, _, _ = strings.Cut(strings.TrimSpace(between), "\n\n")
	rows := strings.Split(between, "\n")
	if len(rows) != 4 {
		t.Fatalf("%d rows:\n%s", len(rows), between)
	}
	for i, want := range [][]string{
		{"near", "made-up/echo/tcp", "#1", "400", "1.08", "ms", "2.51", "ms", "500", "3.33", "ms", "7.17", "ms", "200", "µs"},
		{"far", "made-up/echo/tcp", "#1", "5", "–", "–", "500", "–", "2.64", "ms", "200", "µs"},
	} {
		if got := strings.Fields(rows[i+2]); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("found %q, want %q", got, want)
		}
	}
}
