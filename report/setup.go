package report

import (
	"encoding/json"
	"fmt"
	"strings"

	"rtbench/report/result"
)

// A setup is everything that results must have in common to form a series.
type setup struct{ scenario, os, kernel, cpu, cores, source, config string }

func setupOf(r *result.Result, scenario string) setup {
	e := r.Environment
	s := setup{scenario: scenario, os: e.OS + "/" + e.Arch, kernel: e.Kernel, cpu: e.CPU, cores: result.Plural(e.Cores, "core")}
	for _, sc := range r.Scenarios {
		if sc.Name == scenario {
			s.source += sc.Source
		}
	}
	for _, c := range r.Cells {
		if c.Config.Scenario == scenario {
			b, _ := json.Marshal(c.Config) // it was decoded from JSON
			s.config += c.ID + string(b)
		}
	}
	return s
}

func (s setup) machine() string {
	return fmt.Sprintf("%s, kernel %s, %s, %s", s.os, OrUnknown(s.kernel), OrUnknown(s.cpu), s.cores)
}

func (s setup) differences(before setup) string {
	var parts []string
	for _, p := range []struct{ what, a, b string }{
		{"the system", s.os, before.os},
		{"the kernel", s.kernel, before.kernel},
		{"the CPU", s.cpu, before.cpu},
		{"the number of cores", s.cores, before.cores},
		{"the scenario's file", s.source, before.source},
		{"the cells or their configuration", s.config, before.config},
	} {
		if p.a != p.b {
			parts = append(parts, p.what)
		}
	}
	return strings.Join(parts, ", ")
}
