package report

import (
	"encoding/json"
	"strings"

	"rtbench/report/result"
)

// A setup is everything that results must have in common to form a series.
type setup struct {
	scenario string
	parts    [6]string // as setupParts
}

var setupParts = [...]string{
	"the system", "the kernel", "the CPU", "the number of cores", "the scenario's file", "the cells or their configuration",
}

// machineParts is the number of parts that describe the machine.
const machineParts = 4

func setupOf(r *result.Result, scenario string) setup {
	s := setup{scenario: scenario}
	copy(s.parts[:machineParts], describeMachine(r.Environment))
	for _, sc := range r.Scenarios {
		if sc.Name == scenario {
			s.parts[4] += sc.Source
		}
	}
	for _, c := range r.Cells {
		if c.Config.Scenario == scenario {
			b, _ := json.Marshal(c.Config) // it was decoded from JSON
			s.parts[5] += c.ID + string(b)
		}
	}
	return s
}

func (s setup) machine() string { return strings.Join(s.parts[:machineParts], ", ") }

func (s setup) differences(before setup) string {
	var parts []string
	for i, what := range setupParts {
		if s.parts[i] != before.parts[i] {
			parts = append(parts, what)
		}
	}
	return strings.Join(parts, ", ")
}
