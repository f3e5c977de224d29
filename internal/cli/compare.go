package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/report"
	"rtbench/report/regression"
	"rtbench/report/result"
)

// reportsServer reports whether any repetition has the CPU and memory of the server.
func reportsServer(r *result.Result) bool {
	return slices.ContainsFunc(r.Cells, func(c *result.Cell) bool {
		return slices.ContainsFunc(c.Repetitions, func(r *result.Repetition) bool { return r.Server.Known })
	})
}

func compareCommand() *cobra.Command {
	var j judgeFlags
	var force bool
	c := &cobra.Command{
		Use:   "compare BASE NEW",
		Short: "Compare two stored results",
		Long: `Compares two stored results cell by cell: Mann-Whitney test on the repetitions,
Hodges-Lehmann ratio with exact confidence interval. The results come from different
times, so the ratio includes changes of the machine; the floor is therefore four times
that of gate. If you have both servers, use gate.

Exit codes: 0 no regression · 1 failed, or machine or load differ · 2 usage ·
111 regression · 112 inconclusive, unless --allow-inconclusive · 113 NEW has no usable measurement ·
115 no usable BASE. A cell of BASE that NEW lacks is a failure.`,
		Example: `  rtbench compare results/monday results/tuesday
  rtbench compare results/monday results/tuesday --format md >> "$GITHUB_STEP_SUMMARY"`,
		Args: exactArgs(2, "two result directories"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := j.check(cmd); err != nil {
				return err
			}
			base, err := readValid(args[0])
			if err != nil {
				return exitError(exitNoBaseline, "no baseline: %w", err)
			}
			head, err := result.Read(args[1])
			if err != nil {
				return err
			}
			if err := head.Baseline(); err != nil {
				return exitError(exitInvalid, "%s: cannot be judged: %w", args[1], err)
			}
			differences := result.Differences(base, head)
			if len(differences) > 0 && !force {
				return fmt.Errorf("%s and %s differ in:\n  %s\n(use --force to compare them anyway)", args[0], args[1], strings.Join(differences, "\n  "))
			}
			warnings := j.dropServerCPU(reportsServer(base) && reportsServer(head))
			c := regression.CompareStored(base, head, j.metrics, j.machine.NoiseOn(base.Environment), j.floor, j.level)
			c.Base, c.Head = args[0], args[1]
			c.Failures = append(report.ServerFailures("base", base), report.ServerFailures("head", head)...)
			c.Warnings = append(c.Warnings, warnings...)
			for _, d := range differences {
				c.Warnings = append(c.Warnings, "compared with --force although they differ: "+d)
			}
			return j.finish(os.Stdout, c)
		},
	}
	j.register(c, regression.StoredFloor)
	c.Flags().BoolVar(&force, "force", false, "compare even if machine or load differ")
	return c
}
