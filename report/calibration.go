package report

import (
	"fmt"
	"io"
	"strings"

	"rtbench/report/regression"
)

// CalibrationText writes what this machine can tell apart. The only errors are
// w's.
func CalibrationText(w io.Writer, c regression.Calibration) error {
	p := &printer{w: w}
	p.printf("The pacer, with nothing else to do: how late\n\n")
	t := &table{}
	t.add("rate", "p50", "p99", "max")
	t.rule()
	for _, l := range c.Timer {
		t.add(rate(l.Rate), duration(float64(l.P50)), duration(float64(l.P99)), duration(float64(l.Max)))
	}
	p.printf("%s\nRaw TCP, one message at a time: response p50 %s\n\n", t.text(), duration(float64(c.FloorP50)))
	p.printf("The noise between equals: how far from ×1 a gate of ten pairs is, 95 of 100 times; a gate's floor is at least twice that\n\n")
	t = &table{}
	t.add("cell", "figure", "noise", "finest floor", "pairs")
	t.rule()
	for _, f := range c.Noise.Figures {
		t.add(f.Cell, f.Figure, fmt.Sprintf("%.1f %%", 100*f.Noise), fmt.Sprintf("%.1f %%", 200*f.Noise), fmt.Sprint(f.Pairs))
	}
	p.printf("%s\nMeasured %s on %s\n", t.text(), c.Measured.Format("2006-01-02 15:04 MST"), strings.Join(machine(c.Environment), ", "))
	return p.err
}
