package cli

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"

	"rtbench/loadgen"
	"rtbench/report"
	"rtbench/report/live"
	"rtbench/report/regression"
	"rtbench/scenarios"
)

func calibrateCommand() *cobra.Command {
	var path, out string
	var pairs int
	var quick, withOracle bool
	var view viewFlags
	c := &cobra.Command{
		Use:   "calibrate [SCENARIO…]",
		Short: "Measure the timer, floor and noise of this machine",
		Long: `Measures the lateness of the pacer, the round trip over raw TCP, and the differences
between runs of the same server (A/A). It stores that noise; the floor of gate is at
least twice the noise. The default scenario is gate.

With --oracle it tests rtbench itself: the reference server delays, stalls, loses,
duplicates and swaps messages, and drops streams, in ways whose correct results are
known in closed form, and rtbench's measurements are checked against them, over every
protocol. Cases with a time above the tolerance run again, because noise of the machine
does the same.

Exit codes: 0 success · 1 failed, or the oracle found a deviation · 2 usage ·
105 interrupted · 113 too many runs not used`,
		Example: `  rtbench calibrate
  rtbench calibrate mine.yaml
  rtbench calibrate --oracle`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if withOracle {
				if len(args) > 0 {
					return usageError("--oracle with a scenario: expected none")
				}
				return view.runOracle(cmd.Context(), out)
			}
			if pairs < 6 || pairs > 1000 {
				return usageError("--pairs %d: expected 6 to 1000", pairs)
			}
			if len(args) == 0 {
				args = []string{"gate"}
			}
			list, err := scenarioFlags{}.open(args, "", false)
			if err != nil {
				return err
			}
			g := gateFlags{quick: quick}
			g.shorten(list)
			return view.calibrate(cmd.Context(), list, pairs, path)
		},
	}
	c.Flags().IntVar(&pairs, "pairs", 30, "`NUMBER` of pairs to run")
	c.Flags().BoolVar(&quick, "quick", false, "measure the noise of the short runs of gate --quick")
	c.Flags().BoolVar(&withOracle, "oracle", false, "test rtbench against known results, over every protocol; takes six to eight minutes")
	c.Flags().StringVarP(&out, "out", "o", "", "with --oracle: write the result to `DIR` (default results/TIME-oracle)")
	c.Flags().StringVar(&path, "calibration", "", "write the calibration to `FILE` (default: in the user's cache directory)")
	view.register(c)
	return c
}

func (v viewFlags) calibrate(ctx context.Context, list []*scenarios.Scenario, pairs int, named string) error {
	path, err := calibrationPath(named)
	if err != nil {
		return err
	}
	if err := checkCalibration(path); err != nil {
		return err
	}
	server, err := referenceServer("")
	if err != nil {
		return err
	}
	now := regression.Calibration{Measured: time.Now(), Environment: loadgen.Environment()}
	for _, rate := range []float64{1e3, 1e4} {
		lateness := loadgen.Lateness(ctx, rate, time.Second)
		now.Timer = append(now.Timer, regression.Timer{
			Rate: rate, P50: time.Duration(lateness.ValueAtPercentile(50)), P99: time.Duration(lateness.ValueAtPercentile(99)), Max: time.Duration(lateness.Max()),
		})
	}
	floor, err := scenarios.Open("floor")
	if err != nil {
		return err
	}
	watch, err := v.watch(live.Options{})
	if err != nil {
		return err
	}
	defer watch.close()
	opts := loadgen.Options{Server: server, OnStatus: watch.Show}
	opts.Scenarios = []*scenarios.Scenario{floor}
	floorResult, err := loadgen.Run(ctx, opts)
	if err != nil {
		return err
	}
	response, _, _ := floorResult.Cells[0].Merged()
	now.FloorP50 = response.Quantile(50)
	side := loadgen.Side{Server: server}
	opts.Scenarios = list
	base, head, err := loadgen.Interleave(ctx, opts, []loadgen.Place{{Base: side, Head: side}}, pairs, nil)
	watch.close()
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return exitError(exitInterrupted, "interrupted; nothing was stored")
	}
	now.Noise = regression.MeasureNoise(base, head, regression.Metrics)
	if err := report.CalibrationText(os.Stdout, now); err != nil {
		return err
	}
	if len(now.Noise.Metrics) == 0 {
		return exitError(exitInvalid, "fewer than 6 of %d pairs are valid; nothing was stored", pairs)
	}
	return storeCalibration(path, named == "", now)
}
