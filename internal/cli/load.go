package cli

import (
	"fmt"
	"os"

	"rtbench/loadgen"
	"rtbench/scenarios"
)

// problemsError is nil where there are no problems.
func problemsError(list scenarios.Problems) error {
	if len(list) == 0 {
		return nil
	}
	return list
}

// checkLoad refuses scenarios that plan what cannot be sent, and says on standard error what
// is likely not to come out as planned, or was left longer than a profile says.
func checkLoad(list []*scenarios.Scenario) error {
	refused, warnings := loadgen.CheckLoad(list)
	if len(refused) > 0 {
		return exitCodeError{refused, exitScenario}
	}
	for _, w := range warnings {
		text := w.String()
		if w.File == benchFile { // which nobody has written
			text = nameFlags(w.Message)
		}
		fmt.Fprintf(os.Stderr, "warning: %s\n", text)
	}
	for _, s := range list {
		if s.Kept != "" {
			fmt.Fprintf(os.Stderr, "note: scenario %s: %s\n", s.Name, s.Kept)
		}
	}
	return nil
}
