package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/report"
	"rtbench/report/regression"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// judgeFlags are the flags that gate and compare share.
type judgeFlags struct {
	floor, level float64
	metricNames  []string
	format       string
	strict       bool
	calibration  string
	floorSet     bool
	metrics      []regression.Metric
	writer       report.ComparisonFormat
	machine      regression.Calibration
}

func (j *judgeFlags) register(c *cobra.Command, floor float64) {
	var formats []string
	for _, f := range report.ComparisonFormats {
		formats = append(formats, f.Name)
	}
	c.Flags().Float64Var(&j.floor, "floor", floor, "change that does not count, 0.05 is 5 %; the machine's noise may raise it")
	c.Flags().Float64Var(&j.level, "level", 0.05, "chance of a false regression, at most")
	c.Flags().StringSliceVar(&j.metricNames, "figures", nil, "figures to judge: p50, p90, p99, server_cpu, throughput (closed loop); default all but p90 and p99, which need long runs")
	c.Flags().StringVarP(&j.format, "format", "f", formats[0], strings.Join(formats, ", "))
	c.Flags().BoolVar(&j.strict, "strict", false, "exit 112 where it is inconclusive, instead of 0")
	c.Flags().StringVar(&j.calibration, "calibration", "", "`FILE` that `rtbench calibrate` has written (default: this user's)")
}

// check takes the flags' values, with a word for each that is wrong.
func (j *judgeFlags) check(cmd *cobra.Command) error {
	j.floorSet = cmd.Flags().Changed("floor")
	if !(j.floor >= 0 && j.floor <= 10) {
		return usageError("--floor %g: expected a share from 0 to 10, such as 0.05 for 5 %%", j.floor)
	}
	if !(j.level > 0 && j.level < 0.5) {
		return usageError("--level %g: expected a probability above 0 and below 0.5", j.level)
	}
	var err error
	if j.metrics, err = regression.MetricsNamed(j.metricNames); err != nil {
		return usageError("--figures: %w", err)
	}
	if j.machine, err = readCalibration(j.calibration); err != nil {
		return err
	}
	for _, f := range report.ComparisonFormats {
		if f.Name == j.format {
			j.writer = f
			return nil
		}
	}
	return usageError("--format %s: expected one of text, md, json, junit", j.format)
}

// dropServerCPU leaves out what cannot be judged where the servers do not tell what they use,
// unless it was asked for, and returns what to say of it.
func (j *judgeFlags) dropServerCPU(told bool) []string {
	if told || len(j.metricNames) > 0 {
		return nil
	}
	j.metrics = slices.DeleteFunc(j.metrics, func(f regression.Metric) bool { return f.Name == "server_cpu" })
	return []string{"server_cpu is not judged: the servers do not tell what they use (target.stats)"}
}

// finish prints a comparison and turns its outcome into an exit code.
func (j *judgeFlags) finish(w io.Writer, c regression.Comparison) error {
	c.Strict = j.strict
	if err := j.writer.Write(w, c); err != nil {
		return err
	}
	switch {
	case len(c.Lines) == 0:
		return exitError(exitFailed, "nothing was compared: the two have no cell with a figure in common")
	case c.Outcome == stats.Regression:
		return exitError(exitRegression, "a regression")
	case c.Outcome != stats.Pass && j.strict:
		return exitError(exitInconclusive, "inconclusive")
	case c.Outcome != stats.Pass:
		fmt.Fprintln(os.Stderr, "inconclusive: neither a regression nor its absence is shown (exit 112 with --strict)")
	}
	return nil
}

// reportsServer says whether a server told what it used in any repetition.
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
		Short: "Compare two stored results: ratios with intervals, a verdict, an exit code",
		Long: `Compares two stored results cell by cell: Mann-Whitney on the repetitions, the
Hodges-Lehmann ratio with its exact interval. The two did not run in turn, so what
the machine was like on each day is in the ratio: the floor is four times a
gate's. Where you have both servers, use gate.

Exit codes: 0 no regression · 1 failed, or the two are unlike · 2 usage ·
111 regression · 112 inconclusive, with --strict · 113 NEW is invalid ·
115 BASE is missing or invalid`,
		Example: `  rtbench compare results/monday results/tuesday
  rtbench compare results/monday results/tuesday --format md >> "$GITHUB_STEP_SUMMARY"`,
		Args: exactArgs(2, "two result directories"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := j.check(cmd); err != nil {
				return err
			}
			base, err := readValid(args[0])
			if err != nil {
				return exitError(exitNoBaseline, "no baseline: %s: %w", args[0], err)
			}
			head, err := result.Read(args[1])
			if err != nil {
				return err
			}
			if err := head.Baseline(); err != nil {
				return exitError(exitInvalid, "%s cannot be judged: %w", args[1], err)
			}
			unlike := result.Differences(base, head)
			if len(unlike) > 0 && !force {
				return fmt.Errorf("the two are unlike, base and new differ in:\n  %s\n(--force compares them all the same)", strings.Join(unlike, "\n  "))
			}
			silent := j.dropServerCPU(reportsServer(base) && reportsServer(head))
			c := regression.Stored(base, head, j.metrics, j.machine.NoiseOn(base.Environment), j.floor, j.level)
			c.Base, c.Head = args[0], args[1]
			c.Warnings = append(c.Warnings, silent...)
			for _, d := range unlike {
				c.Warnings = append(c.Warnings, "forced although they differ: "+d)
			}
			return j.finish(os.Stdout, c)
		},
	}
	j.register(c, regression.StoredFloor)
	c.Flags().BoolVar(&force, "force", false, "compare although machine or load differ")
	return c
}
