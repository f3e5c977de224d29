package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// table formats the results of one work as Markdown: the contenders, then notes.
func table(w work, runs []*run, missing []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n**%s**: %s\n\n", w.name, w.title)
	notes := missing
	var reference, all row
	timed := slices.ContainsFunc(runs, func(r *run) bool { return r.P99 > 0 })
	for _, c := range w.contenders {
		x := rowOf(runs, c.name)
		if x.failed > 0 {
			notes = append(notes, fmt.Sprintf("%s: %d of %d runs failed; last error: %s", c.name, x.failed, x.failed+len(x.runs), x.err))
		}
		if len(x.runs) == 0 {
			continue
		}
		if reference.runs == nil {
			reference = x
			b.WriteString(head(timed))
		}
		b.WriteString(line(c.name, x, reference, timed))
		all.runs = append(all.runs, x.runs...)
		for _, n := range append(x.notes(c.name, w.flood), c.notes...) {
			if !slices.Contains(notes, n) {
				notes = append(notes, n)
			}
		}
	}
	if reference.runs == nil {
		b.WriteString("No run succeeded.\n")
	}
	if shares := all.values(others); len(shares) > 0 && slices.Max(shares) > disturbed {
		notes = append(notes, fmt.Sprintf("disturbed: other programs used %.0f %% of the machine (median of the runs; up to %.0f %%)",
			all.median(others)*100, slices.Max(shares)*100))
	}
	if len(notes) > 0 {
		b.WriteString("\n")
	}
	for _, n := range notes {
		fmt.Fprintf(&b, "- %s\n", n)
	}
	return b.String()
}

// disturbed is the share of other programs' CPU time that needs a note.
const disturbed = 0.1

func head(timed bool) string {
	cells := []string{"messages/s", "min – max", "×", "CPU µs/message", "×", "memory MB", "×"}
	if timed {
		cells = append(cells, "p99 ms")
	}
	return "| contender | " + strings.Join(cells, " | ") + " |\n|---|" + strings.Repeat("--:|", len(cells)) + "\n"
}

func line(name string, x, reference row, timed bool) string {
	if x.invalid > 0 {
		name += " !"
	}
	rates := x.values(rate)
	spread := "–"
	if len(rates) > 0 {
		spread = fmt.Sprintf("%s – %s", thousands(slices.Min(rates)), thousands(slices.Max(rates)))
	}
	cells := []string{
		name,
		thousands(x.median(rate)), spread, times(x, reference, rate),
		decimals(x.median(cpu)), times(x, reference, cpu),
		decimals(x.median(memory)), times(x, reference, memory),
	}
	if timed {
		cells = append(cells, decimals(x.median(p99)))
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// notes lists caveats about a row.
func (x row) notes(name string, flood bool) (notes []string) {
	if x.invalid > 0 {
		notes = append(notes, fmt.Sprintf("! %s: %d of %d runs are not used by its own rules", name, x.invalid, len(x.runs)))
	}
	worst := 0.0
	for _, r := range x.runs {
		if math.Abs(r.Off) > max(math.Abs(worst), tolerated+r.Doubt) {
			worst = r.Off
		}
	}
	if worst != 0 {
		why := ""
		if flood {
			why = " (a flood fills and drains the buffers in between)"
		}
		notes = append(notes, fmt.Sprintf("%s: its count differs by up to %+.1f %% from the server's%s", name, worst*100, why))
	}
	return notes
}

func times(x, reference row, value func(*run) float64) string {
	ratio := x.median(value) / reference.median(value)
	if math.IsNaN(ratio) {
		return "–"
	}
	return fmt.Sprintf("%.2f", ratio)
}

func thousands(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf("%.1fk", v/1000)
}

// decimals formats three significant digits.
func decimals(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}
