package report

import (
	"fmt"
	"strings"

	"rtbench/report/metric"
	"rtbench/report/result"
)

// arrivals returns the table of unsolicited messages; nil if there are none.
func (g *Group) arrivals() (t *table) {
	for _, c := range g.Cells {
		if c.Arrivals == nil {
			continue
		}
		if t == nil {
			t = newTable(append([]string{"protocol"}, ArrivalHeads(c)...)...)
		}
		row := []string{c.Config.Protocol}
		for _, m := range metric.In(metric.Arrivals) {
			row = append(row, m.Text(c))
		}
		t.add(row...)
	}
	return t
}

// ArrivalHeads returns the headings of the table of arrivals of cells like c.
func ArrivalHeads(c metric.Cell) []string {
	heads := Heads(metric.In(metric.Arrivals), c.Config)
	for i, head := range heads {
		heads[i] = strings.Replace(head, "stalls", fmt.Sprintf("stalls over %v", c.Arrivals.StallAfter), 1)
	}
	return heads
}

const arrivalsCaption = "arrivals per stream: time from opening to the first message, and gaps between messages; – means too few samples"

// firstMessageNote explains missing times to the first message; empty if none is missing.
func firstMessageNote(a *result.Arrivals) string {
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

// ArrivalNotes explains missing values in the table of arrivals. name returns the name of a cell.
func (g *Group) ArrivalNotes(name func(i int) string) []string {
	var out []string
	for i, c := range g.Cells {
		if c.Arrivals != nil && firstMessageNote(c.Arrivals) != "" {
			out = append(out, name(i)+": "+firstMessageNote(c.Arrivals))
		}
	}
	return out
}
