package report

import (
	"encoding/xml"
	"strings"
	"testing"

	"rtbench/report/result"
)

func readJUnit(t *testing.T, r *result.Result) (doc junitSuites, cases map[string]junitCase) {
	t.Helper()
	if err := xml.Unmarshal(render(t, "junit", r), &doc); err != nil {
		t.Fatal(err)
	}
	cases = map[string]junitCase{}
	var sum junitCounts
	for _, s := range doc.Suites {
		var in junitCounts
		for _, c := range s.Cases {
			if _, twice := cases[c.Name]; twice {
				t.Errorf("duplicate case %q", c.Name)
			}
			cases[c.Name] = c
			in.Tests++
			if c.Failure != nil {
				in.Failures++
			}
			if c.Error != nil {
				in.Errors++
			}
		}
		if s.junitCounts != in {
			t.Errorf("suite %s declares %+v but has %+v", s.Name, s.junitCounts, in)
		}
		sum.Tests += in.Tests
		sum.Failures += in.Failures
		sum.Errors += in.Errors
	}
	if doc.junitCounts != sum {
		t.Errorf("the document declares %+v but the suites have %+v", doc.junitCounts, sum)
	}
	return doc, cases
}

func TestJUnitCases(t *testing.T) {
	_, cases := readJUnit(t, madeUpResult(t))
	for name, want := range map[string]struct{ outcome, text string }{
		"the run is complete":                {"error", "interrupted"},
		"made-up/echo/tcp is measured":       {"pass", ""},
		"made-up/push/websocket is measured": {"pass", "repetition 1, server failed: 1 message lost (300 measured)"},
		"made-up/push/grpc is measured":      {"error", "repetition 2 failed: the server did not start"},
		"made-up/push/sse is measured":       {"failure", "nothing was measured"},
		"made-up/push/websocket: lost == 0":  {"failure", "repetition 1: lost == 0: lost = 1\nrepetition 2: lost == 0: lost = 2\nrepetition 3: lost == 0: lost = 3"},
		"made-up/push/websocket: p(50) < 1s": {"pass", "p(50) = "},
	} {
		c, ok := cases[name]
		if !ok {
			t.Errorf("no case %q", name)
			continue
		}
		outcome, text := "pass", c.Output
		if c.Failure != nil {
			outcome, text = "failure", c.Failure.Message+"\n"+c.Failure.Text
		}
		if c.Error != nil {
			outcome, text = "error", c.Error.Message+"\n"+c.Error.Text
		}
		if outcome != want.outcome || !strings.Contains(text, want.text) {
			t.Errorf("%s: %s %q, want %s with %q", name, outcome, text, want.outcome, want.text)
		}
	}
}

func TestJUnitOfDiscardedCells(t *testing.T) {
	r := madeUpResult(t)
	c := r.Cells[0]
	for _, rep := range c.Repetitions[:3] {
		rep.Counters.Sent, rep.Counters.Recorded = 5, 5
		rep.Validity = result.Judge(c.Config, rep, 4)
	}
	_, cases := readJUnit(t, r)
	f := cases[c.ID+" is measured"].Failure
	if f == nil || strings.Count(f.Text, "of the planned messages were sent (5 of 4,000)") != 3 {
		t.Errorf("got %+v, want a failure with three reasons", f)
	}
}

// A gate that measured nothing must not be green.
func TestJUnitFailsClosed(t *testing.T) {
	for name, r := range map[string]*result.Result{
		"empty":          {},
		"no cells":       {Scenarios: []result.Scenario{{Name: "a"}}},
		"no repetitions": {Cells: []*result.Cell{{ID: "a"}}},
		"one scenario without cells": {
			Scenarios: []result.Scenario{{Name: "a"}, {Name: "made-up"}},
			Cells:     []*result.Cell{madeUpCell(t, "echo", "tcp", 4000, 2, 100_000)},
		},
		"no message":  {Cells: []*result.Cell{{ID: "a", Repetitions: []*result.Repetition{{}}}}},
		"interrupted": {Interrupted: true, Cells: []*result.Cell{madeUpCell(t, "echo", "tcp", 4000, 2, 100_000)}},
	} {
		doc, _ := readJUnit(t, r)
		if doc.Failures+doc.Errors == 0 {
			t.Errorf("%s: all %d cases pass", name, doc.Tests)
		}
	}
	good := &result.Result{Cells: []*result.Cell{madeUpCell(t, "echo", "tcp", 4000, 2, 100_000)}}
	if doc, _ := readJUnit(t, good); doc.Failures+doc.Errors > 0 || doc.Tests != 2 {
		t.Errorf("a good result: %+v", doc.junitCounts)
	}
}

func TestJUnitEscapesHostileText(t *testing.T) {
	const hostile = "]]></failure>&\x00\x1b[31m\xff\"'<x a=\"\n"
	r := madeUpResult(t)
	r.Environment.CPU = hostile
	for _, c := range r.Cells {
		c.ID += hostile
		c.Config.Scenario = hostile
		for _, rep := range c.Repetitions {
			rep.Error = hostile
			rep.Validity = result.Judge(c.Config, rep, 4)
			rep.Thresholds = []result.Outcome{{Text: hostile, Error: hostile}}
		}
	}
	_, cases := readJUnit(t, r)
	const legible = "]]></failure>&\uFFFD\uFFFD[31m\uFFFD\"'<x a=\"\n"
	c := cases["made-up/echo/tcp"+legible+" is measured"]
	if c.Error == nil || c.Error.Message != "repetition 1 failed: "+legible {
		t.Errorf("got %+v", c.Error)
	}
}
