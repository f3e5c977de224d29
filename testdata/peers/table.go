package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// table is the Markdown of one work: the contenders, then what must be known.
func table(w work, runs []*run, missing []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n**%s**: %s\n\n", w.name, w.title)
	notes := missing
	var reference, all row
	timed := slices.ContainsFunc(runs, func(r *run) bool { return r.P99 > 0 })
	for _, c := range w.contenders {
		x := rowOf(runs, c.name)
		if x.failed > 0 {
			notes = append(notes, fmt.Sprintf("%s: %d of %d runs failed, the last by: %s", c.name, x.failed, x.failed+len(x.runs), x.err))
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
		b.WriteString("Nothing ran.\n")
	}
	if taken := all.values(others); len(taken) > 0 && slices.Max(taken) > disturbed {
		notes = append(notes, fmt.Sprintf("disturbed: others had %.0f %% of the machine (median of the runs; up to %.0f %%)",
			all.median(others)*100, slices.Max(taken)*100))
	}
	if len(notes) > 0 {
		b.WriteString("\n")
	}
	for _, n := range notes {
		fmt.Fprintf(&b, "- %s\n", n)
	}
	return b.String()
}

// disturbed is from what part of the machine on others' work is worth a word.
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

// notes are what a row cannot say in figures.
func (x row) notes(name string, flood bool) (notes []string) {
	if x.invalid > 0 {
		notes = append(notes, fmt.Sprintf("! %s: %d of %d runs are INVALID by its own judgement", name, x.invalid, len(x.runs)))
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
			why = " (a flood fills the buffers between them, and they empty)"
		}
		notes = append(notes, fmt.Sprintf("%s: its count is off by up to %+.1f %% from what the server sent%s", name, worst*100, why))
	}
	return notes
}

func times(x, reference row, figure func(*run) float64) string {
	ratio := x.median(figure) / reference.median(figure)
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

// decimals gives three digits.
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
