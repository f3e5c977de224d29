package report

import (
	"fmt"
	"slices"

	"rtbench/report/result"
)

// NoteLines describes peculiarities of a cell that are no failures, with examples of up to the given length: those
// of BriefNotes, refused one-way times, and each kind of unmatched message if there are several. It is empty if
// there are none.
func NoteLines(c *result.Cell, example int) []string {
	lines := BriefNotes(c, example)
	if a := c.Arrivals(); a != nil && a.Refused != "" {
		lines = append(lines, note(c, "one-way times refused: "+result.Printable(a.Refused)))
	}
	if kinds := result.UnmatchedKinds(unplanned(c)...); len(kinds) > 1 {
		for _, k := range kinds {
			lines = append(lines, note(c, k.Text(example)))
		}
	}
	return lines
}

// BriefNotes describes peculiarities of a cell that the first screen shows: a server that excludes publishers from
// their own messages, messages that arrived together, unmatched messages with an example, and missing profiles.
func BriefNotes(c *result.Cell, example int) (lines []string) {
	if slices.ContainsFunc(c.Repetitions, func(r *result.Repetition) bool { return r.Counters.SenderExcluded }) {
		lines = append(lines, note(c, "the server does not send a publisher its own messages, so publishers do not count as receivers"))
	}
	if text := bunching(c); text != "" {
		lines = append(lines, note(c, text))
	}
	all := unplanned(c)
	if n := result.Sum(all...).Unmatched; n > 0 {
		text := result.Plural(n, "message") + " unmatched"
		if kinds := result.UnmatchedKinds(all...); len(kinds) > 0 {
			text += ", such as " + kinds[0].ExampleText(example)
		}
		lines = append(lines, note(c, text))
	}
	return append(lines, profileNote(c)...)
}

func note(c *result.Cell, text string) string { return c.Config.Protocol + ": " + text }

// bunching says that messages of a cell were held and arrived together; empty if they did not.
func bunching(c *result.Cell) string {
	a := c.Arrivals()
	if a == nil {
		return ""
	}
	share, held := a.Bunching()
	if !held {
		return ""
	}
	why := "a buffering proxy?"
	if slices.ContainsFunc(c.Usable(), (*result.Repetition).ShortOfCPU) {
		why = "the machine was short of CPU; or a buffering proxy?"
	}
	return fmt.Sprintf("bunching: %.0f %% of the messages arrived together although their stamps differ (%s)", 100*share, why)
}

// notes prints the notes on the cells of a table.
func (p *printer) notes(t *summaryTable) {
	var lines []string
	for _, g := range t.groups {
		for _, c := range g.Cells {
			lines = append(lines, BriefNotes(c.Cell, terminalExample)...)
		}
	}
	p.firstOf(lines)
}
