package report

import (
	"fmt"
	"io"
	"strings"

	"rtbench/report/regression"
	"rtbench/report/result"
)

// CalibrationText writes this machine's noise. It returns w's error.
func CalibrationText(w io.Writer, c regression.Calibration) error {
	p := &printer{w: w}
	p.printf("Pacer lateness when idle\n\n")
	t := newTable("rate", "p50", "p99", "max")
	for _, l := range c.Timer {
		t.add(rate(l.Rate), result.Duration(float64(l.P50)), result.Duration(float64(l.P99)), result.Duration(float64(l.Max)))
	}
	p.printf("%s\nRaw TCP, one message at a time: response p50 %s\n\n", t.text(), result.Duration(float64(c.FloorP50)))
	p.printf("Noise between identical targets: the standard deviation of the ratio of one pair, and the finest floor for a gate\n(twice the deviation from ×1 that 95 %% of gates between identical targets do not exceed)\n\n")
	t = newTable("cell", "metric", "pairs measured", "per pair", "floor, 10 pairs", "30 pairs", "100 pairs")
	percent := func(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) }
	for _, f := range c.Noise.Metrics {
		t.add(f.Cell, f.Metric, fmt.Sprint(f.Pairs), percent(f.Spread), percent(2*f.Of(10)), percent(2*f.Of(30)), percent(2*f.Of(100)))
	}
	p.printf("%s\nMeasured %s on %s\n", t.text(), c.Measured.Format("2006-01-02 15:04 MST"), strings.Join(describeMachine(c.Environment), ", "))
	return p.err
}
