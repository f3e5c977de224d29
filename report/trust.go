package report

import (
	"slices"
	"strings"

	"rtbench/report/metric"
	"rtbench/report/result"
)

// Trust explains the limits of the values on a first screen with all columns: their reasons and remedies.
func Trust(r *result.Result) string {
	tables := summaryTables(Groups(r))
	return trust(r, tables, func(mark string) bool {
		return slices.ContainsFunc(tables, func(t *summaryTable) bool { return t.shows(mark) })
	})
}

// trust is Trust for a first screen with tables. shown reports whether it shows a value with a mark, such as that of
// an upper bound.
func trust(r *result.Result, tables []*summaryTable, shown func(mark string) bool) string {
	var sentences []string
	add := func(s string) { sentences = append(sentences, s) }
	switch {
	case r.Unfinished:
		add("The run did not end: only completed repetitions are shown.")
	case r.Interrupted:
		add("The run was interrupted: only what was measured until then is shown.")
	}
	if n := r.Discards(); n > 0 {
		add(result.Plural(n, "repetition") + " not used.")
	}
	kinds := limits(r)
	switch marks := boundMarks(shown); {
	case marks != "":
		add(marks + cause(kinds) + ".")
		var parts []string
		if len(kinds.Of[result.CoresTaken]) == 0 {
			parts = append(parts, "CPU and bytes are not affected")
		}
		if p99OnlyBounds(tables) {
			parts = append(parts, "p99 gives no order")
		}
		if len(parts) > 0 {
			add(strings.Join(parts, "; ") + ".")
		}
	case len(kinds.Keys) > 0:
		add("Some repetitions are limited" + cause(kinds) + ".")
	case len(tables) > 0 && len(sentences) == 0 && r.Word() == "":
		add("Nothing limited the measurement.")
	}
	short := slices.DeleteFunc(shortages(r), func(f Finding) bool { return f.Percentile != 50 && f.Percentile != 99 }) // of the table
	if n := len(short); n > 0 {
		add("Too little data (" + result.Unknown + "): " + short[n-1].Text + ".")
	}
	return strings.Join(sentences, " ")
}

// boundMarks explains the marks of bounds that are shown; empty without any.
func boundMarks(shown func(mark string) bool) string {
	switch most, least := shown(result.AtMost), shown(result.AtLeast); {
	case most && least:
		return "≤ is an upper bound and ≥ a lower one"
	case most:
		return "≤ is an upper bound"
	case least:
		return "≥ is a lower bound"
	}
	return ""
}

// p99OnlyBounds reports whether each p99 of a protocol that can be chosen is a bound, and there are several.
func p99OnlyBounds(tables []*summaryTable) bool {
	bounds, p99 := 0, metric.Time(99)
	for _, t := range tables {
		for _, g := range t.groups {
			for _, c := range g.Cells {
				switch text := p99.Text(c); {
				case c.Config.Protocol == FloorProtocol, text == result.Unknown:
				case strings.HasPrefix(text, result.AtMost), strings.HasPrefix(text, result.AtLeast):
					bounds++
				default:
					return false
				}
			}
		}
	}
	return bounds > 1
}

// Certainty names a way to make the answers more certain; empty if nothing is open.
func Certainty(r *result.Result) string {
	effects := effectsOf(r)
	for _, e := range effects {
		if slices.ContainsFunc(e.comparisons, func(c comparison) bool { _, is := c.by(e.tail(c.with.Config.Group)); return is == unclear }) {
			return "More repetitions may decide the effect (--profile release)."
		}
	}
	for _, g := range Choices(Groups(r)) {
		if slices.ContainsFunc(effects, func(e *effect) bool { return e.scenario == g.Config().Scenario }) {
			continue
		}
		speed, cost := g.criteria()
		for _, c := range []criterion{speed, cost} {
			if c.enough() && c.standing() == undecided {
				return "More repetitions may decide the order (--profile release)."
			}
		}
	}
	return ""
}

// limits returns the findings that limit repetitions which are used, by kind.
func limits(r *result.Result) (kinds Grouped[result.FindingKind, finding]) {
	for _, f := range findingsOf(r.Cells...) {
		if f.Word == result.Limited && !f.repetition.Validity.Discarded {
			kinds.Add(f.Kind, f)
		}
	}
	return kinds
}

// cause returns the most frequent kind that has a cause with its remedy, or else the first finding, for
// the end of a sentence.
func cause(kinds Grouped[result.FindingKind, finding]) string {
	var most result.FindingKind
	for _, kind := range kinds.Keys {
		if causes[kind] != "" && len(kinds.Of[kind]) > len(kinds.Of[most]) {
			most = kind
		}
	}
	switch {
	case len(kinds.Keys) == 0:
		return ""
	case most == "":
		return ": " + kinds.Of[kinds.Keys[0]][0].text
	}
	return ": " + causes[most] + " (" + remedies[most] + ")"
}

// causes name the limits of a measurement briefly.
var causes = map[result.FindingKind]string{
	result.SentLate:    "rtbench sent messages late",
	result.ReadSlowly:  "rtbench read some replies late",
	result.Paused:      "rtbench was stopped or got no CPU for a while",
	result.OneAtATime:  "requests waited for each other",
	result.Busy:        "rtbench itself was short of CPU",
	result.CoresTaken:  "other processes took the cores",
	result.NetworkLate: "the emulated network was late",
	result.Unsteady:    "the times still changed during the measurement",
}
