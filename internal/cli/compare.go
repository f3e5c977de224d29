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

// readBoth reads two stored results that can be compared.
func readBoth(baseDir, headDir string) (base, head *result.Result, err error) {
	if base, err = result.Read(baseDir); err != nil {
		return nil, nil, exitError(exitNoBaseline, "no baseline: %w", err)
	}
	if head, err = result.Read(headDir); err != nil {
		return nil, nil, err
	}
	check := (*result.Result).Baseline
	if base.Search != nil && head.Search != nil {
		check = (*result.Result).Complete
	}
	if err := check(base); err != nil {
		return nil, nil, exitError(exitNoBaseline, "no baseline: %s: %w", baseDir, err)
	}
	if err := check(head); err != nil {
		return nil, nil, exitError(exitInvalid, "%s: cannot be judged: %w", headDir, err)
	}
	return base, head, nil
}

// compare judges two stored results, by their capacities if both are searches.
func (j *judgeFlags) compare(base, head *result.Result) regression.Comparison {
	if base.Search != nil && head.Search != nil {
		return regression.CompareCapacity(base, head, j.floor, j.level, false)
	}
	warnings := j.dropServerCPU(reportsServer(base) && reportsServer(head))
	c := regression.CompareStored(base, head, j.metrics, j.machine.NoiseOn(base.Environment), j.floor, j.level)
	c.Failures = append(report.ServerFailures("base", base), report.ServerFailures("head", head)...)
	c.Warnings = append(c.Warnings, warnings...)
	return c
}

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
Hodges-Lehmann ratio with exact confidence interval. Results of 'rtbench capacity' are
compared by their capacities. The results come from different times, so the ratio includes
changes of the machine; the floor is therefore four times that of gate. If you have both
servers, use gate.

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
			base, head, err := readBoth(args[0], args[1])
			if err != nil {
				return err
			}
			differences := result.Differences(base, head)
			if len(differences) > 0 && !force {
				return fmt.Errorf("%s and %s differ in:\n  %s\n(use --force to compare them anyway)", args[0], args[1], strings.Join(differences, "\n  "))
			}
			if err := j.directByResults(base, head); err != nil {
				return err
			}
			c := j.compare(base, head)
			c.Base, c.Head = args[0], args[1]
			c.Profiles = profileDifferences(result.Named{Dir: directoryOf(args[0]), Result: base}, result.Named{Dir: directoryOf(args[1]), Result: head})
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
