//go:build linux

package acceptance

import (
	"encoding/xml"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rtbench/proto/record"
	"rtbench/report/result"
)

// A junitDocument has the elements and attributes that readers of JUnit XML rely on.
type junitDocument struct {
	XMLName xml.Name `xml:"testsuites"`
	junitCounts
	Suites []struct {
		Name string `xml:"name,attr"`
		junitCounts
		Cases []struct {
			Name     string        `xml:"name,attr"`
			Class    string        `xml:"classname,attr"`
			Time     string        `xml:"time,attr"`
			Failures []junitResult `xml:"failure"`
			Errors   []junitResult `xml:"error"`
			Skipped  []junitResult `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

type junitCounts struct {
	Tests    string `xml:"tests,attr"`
	Failures string `xml:"failures,attr"`
	Errors   string `xml:"errors,attr"`
	Skipped  string `xml:"skipped,attr"`
	Time     string `xml:"time,attr"`
}

type junitResult struct {
	Message string `xml:"message,attr"`
}

// junit parses JUnit XML and checks its form. It returns the messages of failures and errors,
// and of skipped cases.
func junit(t *testing.T, text string) (bad, skipped []string) {
	t.Helper()
	var d junitDocument
	if err := xml.Unmarshal([]byte(text), &d); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	numbers := []string{d.Time, d.Tests, d.Failures, d.Errors, d.Skipped}
	var tests, badOnes, skips int
	for _, s := range d.Suites {
		numbers = append(numbers, s.Time, s.Tests, s.Failures, s.Errors, s.Skipped)
		for _, c := range s.Cases {
			numbers = append(numbers, c.Time)
			tests++
			if c.Name == "" || c.Class == "" || len(c.Failures)+len(c.Errors)+len(c.Skipped) > 1 {
				t.Errorf("case %+v: expected a name, a class and one outcome", c)
			}
			for _, r := range append(c.Failures, c.Errors...) {
				bad, badOnes = append(bad, r.Message), badOnes+1
			}
			for _, r := range c.Skipped {
				skipped, skips = append(skipped, r.Message), skips+1
			}
		}
	}
	for _, n := range numbers {
		if v, err := strconv.ParseFloat(n, 64); err != nil || v < 0 {
			t.Errorf("a count or time is %q\n%s", n, text)
		}
	}
	failures, _ := strconv.Atoi(d.Failures)
	errors, _ := strconv.Atoi(d.Errors)
	if d.Tests != strconv.Itoa(tests) || failures+errors != badOnes || d.Skipped != strconv.Itoa(skips) {
		t.Errorf("counts %+v do not agree with %d cases, %d bad and %d skipped", d.junitCounts, tests, badOnes, skips)
	}
	return bad, skipped
}

// storeCells stores a result with a cell per protocol and the given number of equal
// repetitions.
func (s *session) storeCells(dir string, repetitions map[string]int) {
	s.t.Helper()
	r := &result.Result{Version: result.Version, Started: time.Unix(1e9, 0), Scenarios: []result.Scenario{{Name: "made-up"}}}
	for _, protocol := range []string{"grpc", "sse", "tcp", "websocket"} {
		n, ok := repetitions[protocol]
		if !ok {
			continue
		}
		c := &result.Cell{ID: "made-up/echo/" + protocol, Config: result.Config{Scenario: "made-up", Protocol: protocol, Pattern: "echo", Model: "open", Rate: 100, Connections: 1, Streams: 1}}
		for i := range n {
			c.Repetitions = append(c.Repetitions, &result.Repetition{
				Index: i, Started: r.Started, Response: result.Wrap(times(50_000 + int64(i)*100)),
				Phases: result.Phases{Steady: time.Second}, Counters: result.Counters{Planned: 100, Sent: 100, Recorded: 100},
			})
		}
		r.Cells = append(r.Cells, c)
	}
	if err := result.Write(filepath.Join(s.Dir, dir), r); err != nil {
		s.t.Fatal(err)
	}
}

func times(each int64) *hdrhistogram.Histogram {
	h := record.NewHistogram()
	_ = h.RecordValues(each, 100)
	return h
}

// Cells present in only one of two results are named in every format and are not green.
func TestCompareNamesMissingCells(t *testing.T) {
	t.Parallel()
	s := newSession(t, nil)
	s.storeCells("base", map[string]int{"tcp": 8, "websocket": 8})
	s.storeCells("head", map[string]int{"tcp": 8, "sse": 8, "grpc": 8})
	for _, format := range []string{"text", "md", "json", "junit"} {
		o := s.rtbench("compare", "base", "head", "--format", format, "--allow-inconclusive").wantCode(1)
		for _, cell := range []string{"made-up/echo/websocket", "made-up/echo/sse", "made-up/echo/grpc"} {
			if !strings.Contains(o.Stdout, cell) {
				t.Errorf("%s does not name %s:\n%s", format, cell, o.Stdout)
			}
		}
		if format != "junit" {
			continue
		}
		if bad, skipped := junit(t, o.Stdout); len(bad) != 1 || len(skipped) != 2 || !strings.Contains(strings.Join(bad, "\n"), "made-up/echo/websocket was not compared: in base only") {
			t.Errorf("failures: %q", bad)
		}
	}
	if o := s.rtbench("compare", "base", "head", "--allow-inconclusive"); !strings.Contains(o.Stderr, "head lacks 1 cell of base: made-up/echo/websocket") {
		t.Errorf("cells that head lacks: %s", o.Stderr)
	}
}

// An inconclusive comparison is a JUnit failure, or skipped if it is allowed.
func TestCompareJUnitIsAsStrict(t *testing.T) {
	t.Parallel()
	s := newSession(t, nil)
	s.storeCells("few", map[string]int{"tcp": 2}) // too few for a verdict
	s.storeCells("many", map[string]int{"tcp": 12})
	o := s.rtbench("compare", "few", "few", "--metrics", "p50", "--format", "junit", "--allow-inconclusive").wantCode(0)
	if bad, skipped := junit(t, o.Stdout); len(bad) != 0 || len(skipped) != 1 {
		t.Errorf("inconclusive and allowed: bad %q, skipped %q; want one skipped", bad, skipped)
	}
	o = s.rtbench("compare", "few", "few", "--metrics", "p50", "--format", "junit").wantCode(112)
	if bad, skipped := junit(t, o.Stdout); len(bad) != 1 || len(skipped) != 0 {
		t.Errorf("inconclusive: bad %q, skipped %q; want one bad", bad, skipped)
	}
	o = s.rtbench("compare", "many", "many", "--metrics", "p50", "--format", "junit").wantCode(0)
	if bad, skipped := junit(t, o.Stdout); len(bad)+len(skipped) != 0 {
		t.Errorf("a pass: bad %q, skipped %q", bad, skipped)
	}
	s.storeCells("other", map[string]int{"sse": 12})
	o = s.rtbench("compare", "many", "other", "--format", "junit").wantCode(1)
	if bad, _ := junit(t, o.Stdout); len(bad) != 2 {
		t.Errorf("nothing in common: %q", bad)
	}
}

// The JUnit report of a stored result is well formed for any result.
func TestReportJUnitForm(t *testing.T) {
	t.Parallel()
	s := newSession(t, nil)
	s.storeCells("good", map[string]int{"tcp": 3})
	s.storeCells("no-repetition", map[string]int{"tcp": 0})
	s.storeCells("no-cells", nil)
	for dir, want := range map[string]int{"good": 0, "no-repetition": 1, "no-cells": 2} {
		o := s.rtbench("report", dir, "--format", "junit").wantCode(0)
		if bad, _ := junit(t, o.Stdout); len(bad) != want {
			t.Errorf("%s: %q, want %d", dir, bad, want)
		}
	}
}
