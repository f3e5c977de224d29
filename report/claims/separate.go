package claims

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"rtbench/report/result"
)

// Limits on the axes that separate questions for the guide from those against it.
const (
	mostAxes      = 3
	explainedFrom = 0.9
)

// A split divides the decided questions into parts by their values on some axes.
type split struct {
	axes  []int
	parts []part
}

// A part holds the decided questions with the same values on the axes of a split.
type part struct {
	values    []string
	questions []question
}

// leaning returns the answer of at least three quarters of the part's questions, and their number;
// undecided if there is none, or if the part is too small to tell.
func (p part) leaning(least int) (answer, int) {
	for _, a := range []answer{holds, fails} {
		if n := countOf(p.questions, a); len(p.questions) >= least && float64(n) >= agreeFrom*float64(len(p.questions)) {
			return a, n
		}
	}
	return undecided, 0
}

// separate returns the split with the fewest axes whose parts explain nine tenths of the decided
// questions: a question is explained if its part leans its way. Of several it returns the one that
// explains most.
func (g grid) separate() (split, bool) {
	decided := g.decided()
	for n := 1; n <= mostAxes; n++ {
		var found split
		most := 0
		for set := uint(1); set < 1<<len(g.axes); set++ {
			if bits.OnesCount(set) != n {
				continue
			}
			s := splitBy(decided, set)
			if explained := s.explained(g.leastPart); explained > most {
				found, most = s, explained
			}
		}
		if most > 0 && float64(most) >= explainedFrom*float64(len(decided)) {
			return found, true
		}
	}
	return split{}, false
}

// splitBy divides questions by the axes whose bits are in set.
func splitBy(questions []question, set uint) split {
	var s split
	for i := range bits.Len(set) {
		if set&(1<<i) != 0 {
			s.axes = append(s.axes, i)
		}
	}
	for _, q := range questions {
		var values []string
		for _, axis := range s.axes {
			values = append(values, q.at[axis])
		}
		i := slices.IndexFunc(s.parts, func(p part) bool { return slices.Equal(p.values, values) })
		if i < 0 {
			i, s.parts = len(s.parts), append(s.parts, part{values: values})
		}
		s.parts[i].questions = append(s.parts[i].questions, q)
	}
	return s
}

// explained returns the number of questions that the split explains; 0 unless enough are explained each
// way.
func (s split) explained(least int) int {
	each := map[answer]int{}
	for _, p := range s.parts {
		lean, n := p.leaning(least)
		each[lean] += n
	}
	if each[holds] < least || each[fails] < least {
		return 0
	}
	return each[holds] + each[fails]
}

// describe returns a line that names the axes and the parts on each side, and one with an example for each
// part.
func (s split) describe(g grid) []string {
	var names, figures []string
	for _, axis := range s.axes {
		names = append(names, g.axes[axis])
	}
	sides := map[answer][]string{}
	for _, p := range s.merged(g.leastPart) {
		lean, n := p.leaning(g.leastPart)
		if lean == undecided {
			continue
		}
		at := strings.Join(p.values, ", ")
		counted := at
		if g.leastPart > 1 {
			counted = fmt.Sprintf("%s (%d of %d)", at, n, len(p.questions))
		}
		sides[lean] = append(sides[lean], counted)
		figure := example(p.questions, lean)
		if len(p.questions) > 1 {
			figure = at + ", for example: " + figure
		}
		figures = append(figures, figure)
	}
	return append([]string{fmt.Sprintf("depends on the %s. True: %s. False: %s",
		result.Conjoin(names), strings.Join(sides[holds], "; "), strings.Join(sides[fails], "; "))}, figures...)
}

// merged returns the parts, with those joined that differ only in their last values and lean the same
// way: "at equal load" instead of "at equal load" with each topology.
func (s split) merged(least int) []part {
	out := s.parts
	for keep := len(s.axes) - 1; keep > 0; keep-- {
		out = joinParts(out, keep, least)
	}
	return out
}

// joinParts joins all parts with the same first values if they lean the same way.
func joinParts(parts []part, keep, least int) []part {
	var out []part
	for _, p := range parts {
		prefix := p.values[:min(keep, len(p.values))]
		same := func(o part) bool { return slices.Equal(o.values[:min(keep, len(o.values))], prefix) }
		lean, _ := p.leaning(least)
		alike := !slices.ContainsFunc(parts, func(o part) bool {
			other, _ := o.leaning(least)
			return same(o) && other != lean
		})
		i := slices.IndexFunc(out, same)
		switch {
		case !alike || lean == undecided:
			out = append(out, p)
		case i < 0:
			out = append(out, part{prefix, slices.Clone(p.questions)})
		default:
			out[i].questions = append(out[i].questions, p.questions...)
		}
	}
	return out
}
