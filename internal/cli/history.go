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
		Short: "Show the figures over all results under a directory, and where they changed",
		Long: `Reads every result under DIR, sorted by time, and shows each figure as a series,
apart for each machine and scenario, with the change points that E-divisive finds.
Advisory: it never fails a build. A gate does.`,
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
				return fmt.Errorf("%s: no result can be read: %s", args[0], result.Plural(len(problems), "problem"))
			}
			return report.History(os.Stdout, list)
		},
	}
}
