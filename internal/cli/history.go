package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"rtbench/report"
	"rtbench/report/result"
)

func historyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "history DIR",
		Short: "Show metrics over all results in a directory, with change points",
		Long: `Reads every result below DIR and shows each metric over time, per machine and scenario,
with the change points found by E-divisive. It never fails a build; use gate for that.`,
		Example: `  rtbench history results`,
		Args:    exactArgs(1, "one directory"),
		RunE: func(_ *cobra.Command, args []string) error {
			list, problems, err := result.ReadAll(args[0])
			for _, p := range problems {
				fmt.Fprintln(os.Stderr, p)
			}
			if err != nil {
				return err
			}
			if len(list) == 0 {
				return fmt.Errorf("%s: no readable result (%s)", args[0], result.Plural(len(problems), "problem"))
			}
			return report.History(os.Stdout, list)
		},
	}
}
