package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"rtbench/report/metric"
	"rtbench/report/result"
)

// Trust says what limits the values of the first screen, why, and what to do about it.
func Trust(r *result.Result) string {
	tables := summaryTables(Groups(r))
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
	switch {
	case slices.ContainsFunc(tables, (*summaryTable).bounded):
		add("≤ is an upper bound" + cause(kinds) + ".")
		if len(kinds.Of[result.CoresTaken]) == 0 {
			add("CPU and bytes are unaffected.")
		}
	case len(kinds.Keys) > 0:
		add("Some repetitions are limited" + cause(kinds) + ".")
	case len(tables) > 0 && len(sentences) == 0 && r.Word() == "":
		add("Nothing limited the measurement.")
	}
	for _, s := range shortages(r) {
		if s.Percentile == 50 || s.Percentile == 99 { // those of the table
			add("Too little data: " + s.Text + ".")
		}
	}
	return strings.Join(sentences, " ")
}

// Certainty says how sure the orders of the answers are, and what may tell those that cannot be told;
// empty without any.
func Certainty(r *result.Result) string {
	fewest, most, open := math.MaxInt, 0, false
	for _, g := range Choices(Groups(r)) {
		speed, cost := criteria(g.Config())
		for _, by := range []metric.Metric{speed, cost} {
			o, ok := g.rank(by)
			switch {
			case !ok || !o.enough():
			case o.decided() || o.even():
				fewest, most = min(fewest, o.pairs), max(most, o.pairs)
			default:
				open = true
			}
		}
	}
	switch {
	case most == 0 && open:
		return "More repetitions may tell an order (--profile release)."
	case most == 0:
		return ""
	}
	text := fmt.Sprintf("Orders have %.0f %% confidence over %d", 100*metric.Confidence, fewest)
	if fewest < most {
		text += fmt.Sprintf(" to %d", most)
	}
	if text += " repetitions"; open {
		text += "; more may tell the rest (--profile release)"
	}
	return text + "."
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
	result.SentLate:   "rtbench sent messages late",
	result.ReadSlowly: "rtbench read some replies late",
	result.Paused:     "rtbench was stopped or got no CPU for a while",
	result.Busy:       "rtbench itself was short of CPU",
	result.CoresTaken: "other processes took the cores",
	result.Unsteady:   "the times still changed during the measurement",
}
