package scenarios_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rtbench/scenarios"
)

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 4<<10 {
			f.Add(data)
		}
	}
	for _, name := range scenarios.Names() {
		data, _ := scenarios.Builtin(name)
		f.Add(data)
	}
	f.Add(scenarios.Reference())
	for _, m := range mistakes {
		if text := strings.Replace(good, m.old, m.new, 1); len(text) < 4<<10 {
			f.Add([]byte(text))
		}
	}
	for _, m := range customErrors {
		if text := strings.Replace(goodCustom, m.old, m.new, 1); m.old != "" {
			f.Add([]byte(text))
		} else {
			f.Add([]byte(m.new))
		}
	}
	custom, err := os.ReadFile("testdata/custom.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("name: a\npattern: push\ntarget:\n  websocket: \"ws://h?to\\nken=a\"\n  \"x\\ny\": ws://h?key=a\n  cookies: {\"a\\nb\": c}\nmessages: {\"a\\nb\": c}\n"))
	f.Add([]byte(strings.ReplaceAll(string(custom), "${", "${X:-a}${Y:-")))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := scenarios.Parse("fuzz.yaml", data)
		if err != nil {
			checkProblems(t, err)
			return
		}
		checkAccepted(t, s)
	})
}

// checkAccepted holds for all scenarios that Parse accepts.
func checkAccepted(t *testing.T, s *scenarios.Scenario) {
	cells := s.Cells()
	if len(cells) == 0 || len(cells)*s.Repetitions > 100_000 {
		t.Fatalf("%d cells × %d repetitions", len(cells), s.Repetitions)
	}
	usable := func(r float64) bool { return r > 0 && !math.IsInf(r, 0) && !math.IsNaN(r) }
	if s.API == "custom" {
		checkCustomAccepted(t, s)
	}
	ids := map[string]bool{}
	for _, c := range cells {
		if ids[c.ID()] {
			t.Fatalf("two cells have the name %s", c.ID())
		}
		ids[c.ID()] = true
		if (c.Model == "open") != usable(c.Rate) || c.Connections < 1 || c.Streams < 1 || c.Size < 1 || c.Steady <= 0 {
			t.Fatalf("impossible cell %+v", c)
		}
		for _, st := range c.Stages {
			if !usable(st.To) || st.Over <= 0 {
				t.Fatalf("impossible stage %+v", st)
			}
		}
	}
}

// checkCustomAccepted holds for all scenarios of custom targets.
func checkCustomAccepted(t *testing.T, s *scenarios.Scenario) {
	for _, c := range s.Cells() {
		if e := s.Custom.Endpoints[c.Protocol]; e == nil || e.URL == "" || c.Target == "" || e.Limit < 1 {
			t.Fatalf("no way to go: %+v %+v", c, e)
		}
	}
	if s.Custom.Match.By == "" || s.Custom.Stall <= 0 || s.Target != "" || len(s.Protocols) == 0 {
		t.Fatalf("incomplete: %+v", s.Custom)
	}
	s.Plan()
}

// Options cannot break parsing, and the source kept in results is a valid scenario.
func FuzzParseWith(f *testing.F) {
	f.Add([]byte(good), "load.rate=1k/s", "ci", []byte("load: {seed: 3}"), "x")
	f.Add([]byte("include: a\nname: ${X}\n"), "load.connections=[1, 2]", "mine", []byte(good), "y: 1\nz")
	f.Add([]byte("include: [echo, a]\nname: b\n"), "payload={size: 4KiB}", "", []byte("include: push\nprofiles: {mine: {load: {rate: 1/s}}}"), "echo")
	f.Fuzz(func(t *testing.T, data []byte, set, profile string, included []byte, variable string) {
		o := scenarios.Options{
			Set: []string{set}, Profile: profile,
			Lookup: func(string) (string, bool) { return variable, variable != "" },
			Read:   func(string) ([]byte, error) { return included, nil },
		}
		s, err := scenarios.ParseWith("fuzz.yaml", data, o)
		if err == nil {
			checkAccepted(t, s)
			return
		}
		var problems scenarios.Problems
		if !errors.As(err, &problems) || len(problems) == 0 {
			t.Fatalf("error is %T, expected Problems", err)
		}
		for _, p := range problems {
			if p.File == "" || p.Message == "" || strings.ContainsAny(p.String(), "\n\x00") {
				t.Fatalf("problem without a place or a line of text: %#v", p)
			}
		}
	})
}
