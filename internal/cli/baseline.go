package cli

import (
	"slices"

	"rtbench/loadgen"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// openBaseline reads the baseline and refuses one that cannot be: a threshold
// that is held against nothing must not pass.
func openBaseline(list []*scenarios.Scenario, dir string) (*result.Result, error) {
	needed := slices.ContainsFunc(list, func(s *scenarios.Scenario) bool {
		return slices.ContainsFunc(s.Thresholds, scenarios.Threshold.NeedsBaseline)
	})
	if dir == "" {
		if needed {
			return nil, exitError(exitNoBaseline, "a threshold speaks of a baseline (base.…): give one with --baseline RESULT")
		}
		return nil, nil
	}
	base, err := readValid(dir)
	if err != nil {
		return nil, exitError(exitNoBaseline, "no baseline: %w", err)
	}
	if err := loadgen.CheckBaseline(list, base); err != nil {
		return nil, exitError(exitNoBaseline, "%s is no baseline for this run: %w", dir, err)
	}
	return base, nil
}

// readValid reads a stored result that may serve as a baseline.
func readValid(dir string) (*result.Result, error) {
	r, err := result.Read(dir)
	if err != nil {
		return nil, err
	}
	return r, r.Baseline()
}
