package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"rtbench/report/metric"
	"rtbench/report/result"
)

// An Effect is what a group of connections does to the others of its scenario, as text.
type Effect struct {
	Scenario  string
	Title     string
	Sentences []string
	Tables    []EffectTable
	// Endings are the reasons for which the server ended streams of the group.
	Endings []string
}

// An EffectTable is a table of an Effect.
type EffectTable struct {
	Caption string
	Heads   []string // the first is of the names of the rows
	Rows    [][]string
	drops   []int // the columns that a narrow terminal leaves out, in that order
}

// Effects returns the effects of the groups that the result's scenarios leave out in turn, as the first screen
// shows them.
func Effects(r *result.Result) []Effect { return effectViews(r, false, PageExample) }

func effectViews(r *result.Result, inFull bool, example int) (list []Effect) {
	for _, e := range effectsOf(r) {
		v := Effect{Scenario: e.scenario, Title: e.title(), Tables: []EffectTable{e.onOthers(inFull)}}
		for _, name := range e.others() {
			v.Sentences = append(v.Sentences, e.sentence(name))
		}
		if len(e.parts) > 0 {
			v.Sentences, v.Tables = append(v.Sentences, e.fates()), append(v.Tables, e.ofGroup())
		}
		for _, p := range e.parts {
			_, all := p.counts()
			for _, f := range result.Failures(all) {
				if f.Kind == result.Broken || f.Kind == result.Closed {
					v.Endings = append(v.Endings, p.name+": "+f.Text(example))
				}
			}
		}
		list = append(list, v)
	}
	return list
}

// title names the group and its connections.
func (e *effect) title() string {
	if len(e.parts) == 0 {
		return "With and without " + e.group
	}
	c := e.parts[0].cell.Config
	of := partsOf(c)
	if e.stay != "" {
		return fmt.Sprintf("While %s come and go (%s, stay %s), against the same load while all stay", e.group, of[connectionsPart], e.stay)
	}
	list := []string{of[connectionsPart]}
	switch {
	case c.Read.Slow():
		list = append(list, "read "+c.Read.String())
	case c.From == "":
		list = append(list, of[ratePart])
	}
	return fmt.Sprintf("With and without %s (%s)", e.group, strings.Join(list, ", "))
}

// sentence says what the group does to another's tail.
func (e *effect) sentence(group string) string {
	var outcomes Grouped[change, string]
	fewest, ran, of, m := math.MaxInt, 0, 0, e.tail(group)
	head := ""
	for _, c := range e.comparisons {
		if c.with.Config.Group != group {
			continue
		}
		of, head = of+1, m.In(c.with.Config).Head
		in, is := c.by(m)
		text := c.name
		switch is {
		case higher, lower:
			text += " (" + Ratio(in.Median) + ")"
		case unchanged:
			text += fmt.Sprintf(" (within %.0f %%)", max(1, math.Ceil(100*(max(in.High, 1/in.Low)-1))))
		case fewPairs:
			fewest, ran = min(fewest, in.N), max(ran, len(c.with.Repetitions))
		}
		outcomes.Add(is, text)
	}
	var list []string
	for _, is := range []change{higher, lower, unchanged, unclear, unknownChange} {
		if names := outcomes.Of[is]; len(names) > 0 {
			list = append(list, changeWords[is]+overThese(names, of))
		}
	}
	switch names := outcomes.Of[fewPairs]; {
	case len(names) == 0:
	case ran < metric.MinPairs:
		list = append(list, fmt.Sprintf("not decided by %s%s, %d are needed (--profile release)", result.Plural(fewest, "pair"), overThese(names, of), metric.MinPairs))
	default:
		list = append(list, fmt.Sprintf("not decided%s, where %d of %s can be compared and %d are needed", overThese(names, of), fewest, result.Plural(ran, "pair"), metric.MinPairs))
	}
	return fmt.Sprintf("%s: %s %s is %s.", group, head, e.condition(), strings.Join(list, "; "))
}

// condition says when the effect takes place.
func (e *effect) condition() string {
	if e.stay != "" {
		return "while " + e.group + " come and go"
	}
	return "with " + e.group
}

// overThese names the protocols of an outcome, of so many; briefly if several have the same.
func overThese(names []string, of int) string {
	if len(names) == of && of > 1 && !strings.Contains(names[0], "(") {
		return " over all protocols"
	}
	return " over " + JoinAnd(names)
}

// onOthers returns the table of the other groups with and without the group: their p99, or all metrics.
func (e *effect) onOthers(inFull bool) EffectTable {
	t := EffectTable{Caption: "the other groups without " + e.group + " and with it, and the ratio of the pairs", Heads: []string{"", "", "without", "with", "ratio [95 % interval]", ""}, drops: []int{5, 4, 2}}
	if e.stay != "" {
		t.Caption = "the other groups while all " + e.group + " stay and while they come and go, and the ratio of the pairs"
		t.Heads[2], t.Heads[3] = "all stay", "come and go"
	}
	last := ""
	for _, c := range e.comparisons {
		list := []metric.Metric{e.tail(c.with.Config.Group)}
		if inFull {
			list = c.metrics()
		}
		for _, m := range list {
			head := c.with.Config.Group + " " + m.In(c.with.Config).Head
			in, is := c.by(m)
			text := Ratio(in.Median)
			if in.N >= metric.MinPairs {
				text += fmt.Sprintf(" [%.2f, %.2f]", in.Low, in.High)
			}
			t.Rows = append(t.Rows, []string{head, c.name, m.Text(c.without), m.Text(c.with), text, changeWords[is]})
			if head == last && !inFull {
				t.Rows[len(t.Rows)-1][0] = ""
			}
			last = head
		}
	}
	return t
}

// table returns the table as text.
func (t EffectTable) table() *table {
	out := newTable(t.Heads...)
	if t.Heads[1] == "" { // names in two columns
		out.leftColumns = 2
	}
	for _, row := range t.Rows {
		out.add(row...)
	}
	return out
}

// effectsInFull prints the effects with all metrics.
func (p *printer) effectsInFull(list []Effect) {
	for _, e := range list {
		p.title(e.Title, strings.Join(e.Sentences, " "))
		for _, t := range e.Tables {
			p.table(t.Caption, t.table())
		}
		p.list("! ", e.Endings)
	}
}

// effects prints the effects of the groups that scenarios leave out in turn.
func (p *printer) effects(list []Effect) {
	for _, e := range list {
		p.printf("\n")
		p.paragraph("", e.Title+":")
		for _, s := range e.Sentences {
			p.paragraph("    ", "  "+s)
		}
		for _, t := range e.Tables {
			p.printf("%s", t.table().within(p.width, t.drops...).text())
		}
		for _, line := range e.Endings {
			p.paragraph("    ", "  ! "+line)
		}
	}
}

// hasEffect reports whether the scenario of a table leaves out groups in turn: then their effect is the answer.
func hasEffect(list []Effect, t *summaryTable) bool {
	return slices.ContainsFunc(list, func(e Effect) bool { return e.Scenario == t.groups[0].Config().Scenario })
}
