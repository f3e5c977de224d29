package loadgen

import (
	"context"
	"strings"
	"testing"

	"rtbench/report/result"
	"rtbench/scenarios"
)

func parse(t *testing.T, text string) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// cellsOf returns the jobs of the scenario's cells.
func cellsOf(t *testing.T, s *scenarios.Scenario) [][]job {
	t.Helper()
	cells, err := addCells([]*result.Result{{}}, s, []Side{{}})
	if err != nil {
		t.Fatal(err)
	}
	return cells
}

func TestRepetitionsAreInterleaved(t *testing.T) {
	s := parse(t, "name: x\nprotocols: [tcp, sse]\npattern: [echo, push]\nload: {rate: 1/s}\nrepetitions: 3\n")
	var order []string
	for round := range s.Repetitions {
		for _, j := range ordered(cellsOf(t, s), round) {
			order = append(order, j.cell.Pattern[:1]+j.cell.Protocol[:1])
		}
	}
	// All cells once, then all in reverse order, and again.
	if got := strings.Join(order, " "); got != "et es pt ps ps pt es et et es pt ps" {
		t.Fatalf("order %s", got)
	}
}

func TestTooManyFilesFailBeforeRun(t *testing.T) {
	s := parse(t, "name: x\nprotocols: [tcp, sse]\npattern: echo\nload: {rate: 1/s, connections: 600}\n")
	jobs := ordered(cellsOf(t, s), 0)
	if err := checkMachine(jobs, result.Environment{FileLimit: 2000}); err != nil {
		t.Errorf("600 connections, two each for SSE, in 2000 files: %v", err)
	}
	err := checkMachine(jobs, result.Environment{FileLimit: 1000})
	if err == nil || !strings.Contains(err.Error(), "scenario x needs 1264 open files, but this process may open 1000") {
		t.Errorf("in 1000 files: %v", err)
	}
	if err := checkMachine(jobs, result.Environment{}); err != nil {
		t.Errorf("an unknown limit: %v", err)
	}
}

// runOne runs a scenario of one cell and one repetition.
func runOne(t *testing.T, opts Options, text string) *result.Repetition {
	t.Helper()
	opts.Scenarios = []*scenarios.Scenario{parse(t, text)}
	res, err := Run(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	r := res.Cells[0].Repetitions[0]
	if r.Error != "" {
		t.Fatal(r.Error)
	}
	return r
}
