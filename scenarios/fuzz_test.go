package scenarios_test

import (
	"math"
	"os"
	"path/filepath"
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
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := scenarios.Parse("fuzz.yaml", data)
		if err != nil {
			checkProblems(t, err)
			return
		}
		checkAccepted(t, s)
	})
}

// checkAccepted holds for every scenario that Parse accepts.
func checkAccepted(t *testing.T, s *scenarios.Scenario) {
	cells := s.Cells()
	if len(cells) == 0 || len(cells)*s.Repetitions > 100_000 {
		t.Fatalf("%d cells × %d repetitions", len(cells), s.Repetitions)
	}
	usable := func(r float64) bool { return r > 0 && !math.IsInf(r, 0) && !math.IsNaN(r) }
	ids := map[string]bool{}
	for _, c := range cells {
		if ids[c.ID] {
			t.Fatalf("two cells have the name %s", c.ID)
		}
		ids[c.ID] = true
		if (c.Model == "open") != usable(c.Rate) || c.Connections < 1 || c.Streams < 1 || c.Size < 1 || c.Phases.Steady <= 0 {
			t.Fatalf("impossible cell %+v", c)
		}
		for _, st := range c.Stages {
			if !usable(st.To) || st.Over <= 0 {
				t.Fatalf("impossible stage %+v", st)
			}
		}
	}
}
