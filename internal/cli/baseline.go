package cli

import (
	"fmt"
	"slices"

	"rtbench/loadgen"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// openBaseline reads the baseline. It fails if a threshold needs one and there is none that fits.
func openBaseline(list []*scenarios.Scenario, dir string) (*result.Result, error) {
	needed := slices.ContainsFunc(list, func(s *scenarios.Scenario) bool {
		return slices.ContainsFunc(s.Thresholds, scenarios.Threshold.NeedsBaseline)
	})
	if dir == "" {
		if needed {
			return nil, exitError(exitNoBaseline, "--baseline is missing: a threshold refers to base.…; expected a stored result")
		}
		return nil, nil
	}
	base, err := readValid(dir)
	if err != nil {
		return nil, exitError(exitNoBaseline, "--baseline: %w", err)
	}
	if err := loadgen.CheckBaseline(list, base); err != nil {
		return nil, exitError(exitNoBaseline, "--baseline %s: does not fit this run: %w", dir, err)
	}
	return base, nil
}

// readValid reads a stored result and checks that it can serve as a baseline.
func readValid(dir string) (*result.Result, error) {
	r, err := result.Read(dir)
	if err != nil {
		return nil, err
	}
	if err := r.Baseline(); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return r, nil
}
