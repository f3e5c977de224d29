package report

import (
	"fmt"
	"math"
	"strings"

	"rtbench/report/profile"
	"rtbench/report/regression"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// kindWords are how the costs in profiles are called.
var kindWords = map[profile.Kind]string{
	profile.CPU: "server CPU per message", profile.Allocated: "allocated per message", profile.InUse: "heap in use",
}

// whySlower describes the differences between the profiles of the two sides, with the functions that explain them.
func whySlower(c regression.Comparison) (lines []string) {
	cells := result.Unique(cellsOf(c.Profiles))
	for _, cell := range cells {
		for _, line := range whyCell(c, cell) {
			if len(cells) > 1 {
				line = cell + ": " + line
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func cellsOf(list []profile.Difference) (cells []string) {
	for _, d := range list {
		cells = append(cells, d.Cell)
	}
	return cells
}

// whyCell describes the differences in a cell. Heaps that did not change are not mentioned.
func whyCell(c regression.Comparison, cell string) (lines []string) {
	for _, d := range c.Profiles {
		switch {
		case d.Cell != cell:
		case d.Missing != "":
			lines = append(lines, "no profile of "+kindWords[d.Kind]+": "+d.Missing)
		case d.Kind == profile.CPU || d.Changed() || len(d.Changes) > 0:
			lines = append(lines, differenceText(d, c.Outcome == stats.Regression))
		}
	}
	return lines
}

// differenceText describes one difference. regression says that head is slower.
func differenceText(d profile.Difference, regression bool) string {
	base, head := float64(d.Base), float64(d.Head)
	values := fmt.Sprintf("%s → %s", formatCost(d, base), formatCost(d, head))
	text := kindWords[d.Kind]
	switch share := 100 * (head/base - 1); {
	case !d.Changed():
		text += fmt.Sprintf(" did not change beyond the noise of its profiles (%s, ± %s)", values, formatCost(d, float64(d.Noise)))
	case base <= 0:
		text += fmt.Sprintf(" grew (%s)", values)
	case share > 0:
		text += fmt.Sprintf(" rose by %.0f %% (%s)", share, values)
	default:
		text += fmt.Sprintf(" fell by %.0f %% (%s)", -share, values)
	}
	var changes []string
	for _, change := range d.Changes {
		changes = append(changes, changeText(d, change))
	}
	switch {
	case len(changes) > 0 && !d.Changed():
		text += ", but these functions did: " + strings.Join(changes, ", ")
	case len(changes) > 0:
		text += ": " + strings.Join(changes, ", ")
	case d.Changed():
		text += "; no function alone changed beyond noise"
	case regression && d.Kind == profile.CPU:
		text += "; the regression may be time that the server waits, which no CPU profile has"
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// changeText describes a function: +0.90 µs encoding/json.Marshal (called by main.reply).
func changeText(d profile.Difference, c profile.Change) string {
	sign := "+"
	if c.Delta() < 0 {
		sign = "−"
	}
	text := sign + formatCost(d, math.Abs(c.Delta())) + " " + result.Printable(c.Function)
	if c.Caller != "" {
		text += " (called by " + result.Printable(c.Caller) + ")"
	}
	return text
}

func formatCost(d profile.Difference, v float64) string {
	if d.Kind == profile.CPU {
		return result.Duration(v)
	}
	return result.Bytes(v)
}

// profileNotes says how the profiles were taken, and how to see more of them.
func profileNotes(c regression.Comparison) (notes []string) {
	for _, d := range c.Profiles {
		if d.Kind != profile.CPU || d.Missing != "" {
			continue
		}
		if len(notes) == 0 {
			notes = append(notes, profiledApart(d))
		}
		if base, head := d.Files[0], d.Files[1]; base != "" && head != "" {
			notes = append(notes, fmt.Sprintf("more: go tool pprof -diff_base %s %s", base, head))
		}
	}
	return notes
}

func profiledApart(d profile.Difference) string {
	noise := fmt.Sprintf("%.2g %%", 100*d.Machine)
	if d.Assumed {
		noise += ", which is assumed,"
	}
	return fmt.Sprintf("profiles are of repetitions of their own, which are not measured; functions are named if they changed by more than the noise of sampling and of the machine (%s between repetitions)", noise)
}

// ProfileFiles names the profiles of the servers of a result; empty without.
func ProfileFiles(r *result.Result) string {
	var names []string
	for _, c := range r.Cells {
		if c.Profile != nil {
			names = append(names, c.Profile.Files()...)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "Profiles of the server, beside the result: " + strings.Join(names, ", ") + " (go tool pprof FILE)"
}

// profileNote says why a cell has no profile of its server; empty if it has, or was not profiled.
func profileNote(c *result.Cell) (lines []string) {
	if c.Profile == nil {
		return nil
	}
	for _, why := range c.Profile.Missing() {
		lines = append(lines, note(c, "no profile of the server: "+result.Printable(why)))
	}
	return lines
}
