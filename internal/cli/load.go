package cli

import (
	"fmt"
	"os"

	"rtbench/loadgen"
	"rtbench/scenarios"
)

// checkLoad returns an error if the load of a scenario is infeasible for the generators. It prints warnings,
// and notes on phases that a profile did not shorten, to stderr.
func checkLoad(list []*scenarios.Scenario, generators fleetFlags) error {
	refused, warnings := loadgen.CheckLoad(list, generators.cores())
	if len(refused) > 0 {
		return exitCodeError{refused, exitScenario}
	}
	for _, w := range warnings {
		fmt.Fprintf(os.Stderr, "warning: %s\n", w)
	}
	for _, s := range list {
		if s.Kept != "" {
			fmt.Fprintf(os.Stderr, "note: scenario %s: %s\n", s.Name, s.Kept)
		}
	}
	return nil
}
