package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/proto/quantity"
	"rtbench/report"
	"rtbench/report/metric"
	"rtbench/report/regression"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// judgeFlags are the flags that gate and compare share, and their checked values.
type judgeFlags struct {
	floor, level float64
	metricNames  []string
	format       formatFlag[regression.Comparison]
	reports      reportFiles
	inconclusive bool // is allowed
	calibration  string
	floorSet     bool
	metrics      []metric.Metric
	writer       report.ComparisonFormat
	machine      regression.Calibration
}

func (j *judgeFlags) register(c *cobra.Command, floor float64) {
	c.Flags().Float64Var(&j.floor, "floor", floor, "ignore changes below `SHARE` (0.05 is 5 %); the noise of the machine may raise it")
	c.Flags().Float64Var(&j.level, "level", 0.05, "maximum `PROBABILITY` of a false regression")
	c.Flags().StringSliceVar(&j.metricNames, "metrics", nil, "`METRICS` to judge: "+regression.About())
	j.format.formats = report.ComparisonFormats
	j.format.register(c)
	j.reports.register(c)
	c.Flags().BoolVar(&j.inconclusive, "allow-inconclusive", false, "exit with 0 instead of 112 if inconclusive")
	c.Flags().StringVar(&j.calibration, "calibration", "", "read the calibration from `FILE` (default: the file that 'rtbench calibrate' wrote)")
}

// check validates the values of the flags.
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
		return usageError("--metrics: %w", err)
	}
	if j.machine, err = readCalibration(j.calibration); err != nil {
		return err
	}
	if j.writer, err = j.format.chosen(); err != nil {
		return err
	}
	return j.reports.check()
}

// write prints a comparison and writes it to the files of --report.
func (j *judgeFlags) write(w io.Writer, c regression.Comparison) error {
	return errors.Join(j.writer.Write(w, c), j.reports.write(c))
}

// dropServerCPU removes server_cpu from the default metrics if it is not known for both sides,
// and returns a warning.
func (j *judgeFlags) dropServerCPU(known bool) []string {
	if known || len(j.metricNames) > 0 {
		return nil
	}
	j.metrics = slices.DeleteFunc(j.metrics, func(f metric.Metric) bool { return f.Name == quantity.ServerCPU.Name })
	return []string{"server_cpu is not judged: no CPU time of the servers is known (set target.stats)"}
}

// finish prints a comparison and returns its outcome as an exit code.
func (j *judgeFlags) finish(w io.Writer, c regression.Comparison) error {
	c.AllowInconclusive = j.inconclusive
	if err := j.write(w, c); err != nil {
		return err
	}
	switch {
	case len(c.Lines) == 0:
		return exitError(exitFailed, "nothing was compared: base and head have no metric of any cell in common")
	case c.Outcome == stats.Regression:
		return exitError(exitRegression, "regression")
	case len(c.Lacking()) > 0:
		return exitError(exitFailed, "head lacks %s of base: %s", result.Plural(len(c.Lacking()), "cell"), strings.Join(c.Lacking(), ", "))
	case c.Outcome != stats.Pass && !j.inconclusive:
		return exitError(exitInconclusive, "inconclusive: the data show neither a regression nor its absence (--allow-inconclusive accepts that)")
	case c.Outcome != stats.Pass:
		fmt.Fprintln(os.Stderr, "inconclusive: the data show neither a regression nor its absence")
	}
	return nil
}
