package report

import (
	"slices"
	"strings"

	"rtbench/report/metric"
	"rtbench/report/result"
)

// answer returns the sentences on the groups. Those of several groups tell for which loads they hold.
func (t *summaryTable) answer() string {
	if len(t.varies) == 0 {
		return t.groups[0].Sentence()
	}
	var speeds, costs []criterion
	together, known, enough, sure := true, false, false, false
	for _, g := range t.groups {
		speed, cost := g.criteria()
		speeds, costs = append(speeds, speed), append(costs, cost)
		together = together && (speed.agrees(cost) || !speed.sure() && !cost.sure())
		known = known || speed.known || cost.known
		enough = enough || speed.enough() || cost.enough()
		sure = sure || speed.sure() || cost.sure()
	}
	var parts []string
	switch {
	case !known:
		return t.course()
	case !enough && !sure:
		return t.groups[0].tooFew(speeds[0], costs[0], false) + "."
	case together:
		parts = t.tell(func(i int) (string, bool) {
			texts, sure := t.groups[i].answer(speeds[i], costs[i], false)
			return strings.Join(texts, "; "), sure
		})
	default:
		for _, list := range [][]criterion{speeds, costs} {
			parts = append(parts, t.tell(func(i int) (string, bool) {
				if !list[i].known {
					return "", false
				}
				return list[i].text(false), list[i].sure()
			})...)
		}
	}
	if sure {
		parts = append(parts, confidence)
	}
	return strings.Join(parts, "; ") + "."
}

// tell returns what is said about the groups, each with the loads for which it is said. What is not sure
// comes last.
func (t *summaryTable) tell(said func(i int) (text string, sure bool)) (parts []string) {
	var at Grouped[string, int]
	var open []int
	openText := ""
	for i := range t.groups {
		if text, sure := said(i); sure {
			at.Add(text, i)
		} else if text != "" {
			open, openText = append(open, i), text
		}
	}
	for _, text := range at.Keys {
		if groups := at.Of[text]; len(groups) < len(t.groups) {
			text += " at " + t.loads(groups)
		}
		parts = append(parts, text)
	}
	switch {
	case len(open) == 0:
	case len(parts) == 0:
		parts = []string{openText}
	default:
		parts[len(parts)-1] += " (elsewhere that cannot be told)"
	}
	return parts
}

// course says how the times of the only protocol change from the first load to the last; empty for several.
func (t *summaryTable) course() string {
	ends := []*Group{t.groups[0], t.groups[len(t.groups)-1]}
	var parts []string
	for _, m := range []metric.Metric{metric.Time(50), metric.Time(99)} {
		var at []string
		for i, g := range ends {
			cells := slices.DeleteFunc(slices.Clone(g.Cells), func(c metric.Cell) bool { return c.Config.Protocol == FloorProtocol && len(g.Cells) > 1 })
			if len(cells) != 1 {
				return ""
			}
			load := t.loads([]int{i * (len(t.groups) - 1)})
			if text := m.Text(cells[0]); text != result.Unknown {
				at = append(at, text+" at "+load)
			}
		}
		if len(at) == len(ends) {
			parts = append(parts, m.In(ends[0].Config()).Head+" "+strings.Join(at, ", "))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "; ") + "."
}

// loads names the loads of some of the groups.
func (t *summaryTable) loads(groups []int) string {
	if len(t.varies) == 1 {
		values := make([]string, len(groups))
		for i, at := range groups {
			values[i] = t.value(at, t.varies[0])
		}
		return joinValues(values)
	}
	a, b := t.grid(groups, 0), t.grid(groups, 1)
	if len(b) < len(a) {
		return b
	}
	return a
}

// grid names the loads of some of the groups of two varying parts by the values of one of them, each with
// those of the other unless they are all.
func (t *summaryTable) grid(groups []int, by int) string {
	collect := func(list []int) (rows Grouped[string, string]) {
		for _, i := range list {
			v := t.values(i)
			rows.Add(v[by], v[1-by])
		}
		return rows
	}
	all := make([]int, len(t.groups))
	for i := range all {
		all[i] = i
	}
	whole, some := collect(all), collect(groups)
	var alike Grouped[string, string] // rows with the same values of the other part
	for _, row := range some.Keys {
		with := ""
		if len(some.Of[row]) < len(whole.Of[row]) {
			with = " with " + joinValues(some.Of[row])
		}
		alike.Add(with, row)
	}
	var texts []string
	for _, with := range alike.Keys {
		text := joinValues(alike.Of[with]) + with
		if len(texts) > 0 {
			text = "at " + text
		}
		texts = append(texts, text)
	}
	return JoinAnd(texts)
}

// joinValues joins values with the noun that they have in common, if they have one: 1, 4 and 16 connections.
func joinValues(values []string) string {
	numbers, noun := splitNoun(values)
	return strings.TrimSpace(JoinAnd(numbers) + " " + noun)
}

// splitNoun splits the noun that values have in common from them. Without one it returns the values.
func splitNoun(values []string) (numbers []string, noun string) {
	_, noun, _ = strings.Cut(values[len(values)-1], " ")
	for _, v := range values {
		number, of, _ := strings.Cut(v, " ")
		if noun == "" || strings.TrimSuffix(of, "s") != strings.TrimSuffix(noun, "s") {
			return values, ""
		}
		numbers = append(numbers, number)
	}
	return numbers, noun
}
