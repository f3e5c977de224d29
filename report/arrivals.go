package report

import (
	"fmt"
	"strings"

	"rtbench/report/result"
)

// arrivals returns the table of unsolicited messages; nil if there are none.
func (g *group) arrivals() *table {
	t := &table{}
	for _, c := range g.cells {
		if c.Arrivals() == nil {
			continue
		}
		if len(t.rows) == 0 {
			head := []string{"protocol"}
			for _, f := range ArrivalMetrics(c) {
				head = append(head, f.Name)
			}
			t.add(head...)
			t.addRule()
		}
		row := []string{c.Config.Protocol}
		for _, f := range ArrivalMetrics(c) {
			row = append(row, f.Format(f.Value))
		}
		t.add(row...)
	}
	if len(t.rows) == 0 {
		return nil
	}
	return t
}

// An ArrivalMetric is a column of the table of arrivals. Value is NaN if unknown.
type ArrivalMetric struct {
	Name   string
	Value  float64
	Format func(float64) string
}

// ArrivalMetrics returns the columns for a cell with arrivals. Gaps have the same values as in the
// main table.
func ArrivalMetrics(c *result.Cell) []ArrivalMetric {
	a := c.Arrivals()
	response, _, _ := c.Merged()
	var out []ArrivalMetric
	for _, h := range []struct {
		name string
		of   result.Histogram
	}{{"first message", a.First}, {"gap", a.Gap}} {
		for _, p := range []float64{50, 99} {
			out = append(out, ArrivalMetric{fmt.Sprintf("%s p%g", h.name, p), nsOrNaN(h.of.Percentile(p)), result.Duration})
		}
		out = append(out, ArrivalMetric{h.name + " max", orNaN(float64(h.of.Max())), result.Duration})
		if h.name == "gap" && c.Config.Times == result.TimesGap {
			for i, p := range []float64{50, 99, result.Maximum} {
				out[len(out)-3+i].Value = nsOrNaN(c.Percentile(response, p))
			}
		}
	}
	stalls := fmt.Sprintf("stalls over %v", a.StallAfter)
	return append(out,
		ArrivalMetric{stalls, float64(a.Stalls), func(v float64) string { return fmt.Sprintf("%.0f", v) }},
		ArrivalMetric{"longest silence", orNaN(float64(a.Longest)), result.Duration})
}

const arrivalsCaption = "arrivals per stream: time from opening to the first message, and gaps between messages; – means too few samples"

// FirstMessageNote explains missing times to the first message; empty if none is missing.
func FirstMessageNote(a *result.Arrivals) string {
	timed, need := uint64(a.First.Count()), result.SamplesFor(99)
	var parts []string
	if a.Untimed > 0 {
		parts = append(parts, fmt.Sprintf("first message not timed on %s: it may have arrived before all streams were open and receiving began",
			ofStreams(a.Untimed, timed+a.Untimed)))
	}
	if a.Silent > 0 {
		parts = append(parts, fmt.Sprintf("nothing received on %s", ofStreams(a.Silent, timed+a.Untimed+a.Silent)))
	}
	if timed > 0 && int64(timed) < need {
		parts = append(parts, fmt.Sprintf("%d first messages (one per stream) are too few for p99, which needs %d", timed, need))
	}
	return strings.Join(parts, "; ")
}

func ofStreams(n, all uint64) string {
	switch {
	case n == all && n == 1:
		return "the only stream"
	case n == all:
		return fmt.Sprintf("all %d streams", n)
	}
	return fmt.Sprintf("%d of %d streams", n, all)
}

func (g *group) arrivalNotes() []string {
	var out []string
	for _, c := range g.cells {
		if a := c.Arrivals(); a != nil && FirstMessageNote(a) != "" {
			out = append(out, c.Config.Protocol+": "+FirstMessageNote(a))
		}
	}
	return out
}
