package cli

import (
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"rtbench/loadgen"
	"rtbench/loadgen/target"
	"rtbench/report/result"
	"rtbench/scenarios"
)

func validateCommand() *cobra.Command {
	var read scenarioFlags
	var asJSON bool
	c := &cobra.Command{
		Use: "validate FILE…", Short: "Check scenarios without running them, and print their plan",
		Long: `Reports all errors in scenarios, with positions and suggestions. For valid scenarios it
prints the plan: cells, connections, messages, bytes, time, memory and open files, and
for a custom target its URLs, credentials (names only) and messages.

` + profilesHelp() + `
Exit codes: 0 valid · 2 usage · 104 invalid scenario`,
		Example: `  rtbench scenario validate mine.yaml
  rtbench scenario validate mine.yaml --profile release --set load.connections=[10,1000]`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("expected scenario files or built-in names (see `%s --help`)", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			list, err := read.open(args, "", false)
			if err != nil {
				return err
			}
			plans := make([]scenarios.Plan, len(list))
			if err := target.CheckSchemes(list); err != nil {
				return exitCodeError{err, exitScenario}
			}
			if refused, _ := loadgen.CheckLoad(list, loadgen.Environment().Cores); len(refused) > 0 {
				return exitCodeError{refused, exitScenario}
			}
			for i, s := range list {
				if err := target.CheckCustom(s); err != nil {
					return exitCodeError{err, exitScenario}
				}
				plans[i] = s.Plan()
			}
			here := loadgen.Environment()
			if asJSON {
				return planJSON(os.Stdout, plans, here)
			}
			for i, p := range plans {
				planText(os.Stdout, p, here)
				notes(os.Stdout, list[i], here)
			}
			return nil
		},
	}
	read.registerProfile(c)
	read.registerSet(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print the plans as JSON (durations in nanoseconds, memory in bytes)")
	return c
}

// notes prints what prevents a run of a valid scenario, or makes its plan unlikely to be met.
func notes(w io.Writer, s *scenarios.Scenario, here result.Environment) {
	if slices.ContainsFunc(s.Thresholds, scenarios.Threshold.NeedsBaseline) {
		fmt.Fprintf(w, "  %-12s %s\n", "note", "a threshold refers to a baseline (base.…); run needs --baseline RESULT")
	}
	for _, problem := range loadgen.CheckMachine(s, here) {
		fmt.Fprintf(w, "  %-12s %s\n", "WARNING", problem)
	}
	_, warnings := loadgen.CheckLoad([]*scenarios.Scenario{s}, loadgen.Environment().Cores)
	for _, warning := range warnings {
		fmt.Fprintf(w, "  %-12s %s\n", "WARNING", warning)
	}
}
