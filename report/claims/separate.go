package claims

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"rtbench/report/result"
)

// Limits on the parts that separate questions for the guide from those against it.
const (
	mostAxes      = 3
	mostParts     = 3
	explainedFrom = 0.9
)

// A part of the grid holds the decided questions with some values on some axes.
type part struct {
	axes      []int // in ascending order
	values    []string
	questions []question
}

func (p part) has(q question) bool {
	for i, axis := range p.axes {
		if q.at[axis] != p.values[i] {
			return false
		}
	}
	return true
}

// A split names the parts in which the less frequent answer prevails, and the rest, in which the other
// one does.
type split struct {
	rare  answer
	parts []part
	rest  []question
}

// separate returns the split of the decided questions. In each part, which one to three axes select, at
// least three quarters are the rare answer; the parts have three quarters of all rare answers, and nine
// tenths of the questions outside have the other.
func (g grid) separate() (split, bool) {
	s := split{rare: holds, rest: g.decided()}
	all := countOf(s.rest, holds)
	if fewer := countOf(s.rest, fails); fewer < all {
		s.rare, all = fails, fewer
	}
	decided, covered := s.rest, 0
	for len(s.parts) < mostParts {
		p, ok := s.bestPart(decided, g.leastPart)
		if !ok {
			break
		}
		s.parts = append(s.parts, p)
		covered += countOf(s.rest, s.rare)
		s.rest = slices.DeleteFunc(slices.Clone(s.rest), p.has)
		covered -= countOf(s.rest, s.rare)
	}
	rest := len(s.rest)
	return s, len(s.parts) > 0 && rest >= g.leastPart && float64(covered) >= agreeFrom*float64(all) &&
		float64(countOf(s.rest, s.rare.other())) >= explainedFrom*float64(rest)
}

// bestPart returns the part that takes most rare answers from the rest, less the others that it takes; of
// equal ones the one with the fewest axes.
func (s split) bestPart(decided []question, least int) (best part, ok bool) {
	most := 0
	for n := 1; n <= mostAxes; n++ {
		for _, q := range s.rest {
			if q.answer != s.rare {
				continue
			}
			for set := uint(1); set < 1<<len(q.at); set++ {
				if bits.OnesCount(set) != n {
					continue
				}
				p := partAt(q, set)
				if score, fits := s.score(p.of(decided), p.of(s.rest), least); fits && score > most {
					best, most = p, score
				}
			}
		}
	}
	best.questions = best.of(decided)
	return best, most > 0
}

// score returns the number of rare answers that a part takes from the rest, less the others.
func (s split) score(all, taken []question, least int) (score int, fits bool) {
	rare, newly := countOf(all, s.rare), countOf(taken, s.rare)
	return 2*newly - len(taken), newly >= least && float64(rare) >= agreeFrom*float64(len(all))
}

// partAt returns the part with q's values on the axes whose bits are in set.
func partAt(q question, set uint) (p part) {
	for i, value := range q.at {
		if set&(1<<i) != 0 {
			p.axes, p.values = append(p.axes, i), append(p.values, value)
		}
	}
	return p
}

// of returns the questions of the part.
func (p part) of(list []question) (out []question) {
	for _, q := range list {
		if p.has(q) {
			out = append(out, q)
		}
	}
	return out
}

// describe returns a line that names the axes and the parts, and one with an example for each part and the
// rest.
func (s split) describe(g grid) []string {
	var axes, parts, figures []string
	for i, name := range g.axes {
		if slices.ContainsFunc(s.parts, func(p part) bool { return slices.Contains(p.axes, i) }) {
			axes = append(axes, name)
		}
	}
	add := func(at string, of []question, a answer) {
		counted := at
		if g.leastPart > 1 {
			counted = fmt.Sprintf("%s (%d of %d)", at, countOf(of, a), len(of))
		}
		parts = append(parts, counted)
		figure := example(of, a)
		if len(of) > 1 {
			figure = at + ", for example: " + figure
		}
		figures = append(figures, figure)
	}
	for _, p := range s.parts {
		add(strings.Join(p.values, ", "), p.questions, s.rare)
	}
	rare := strings.Join(parts, "; ")
	parts = nil
	if len(g.axes) == 1 { // the values name themselves
		for _, q := range s.rest {
			add(q.at[0], []question{q}, s.rare.other())
		}
	} else {
		add("otherwise", s.rest, s.rare.other())
	}
	held, failed := rare, strings.Join(parts, "; ")
	if s.rare == fails {
		held, failed = failed, rare
	}
	return append([]string{fmt.Sprintf("depends on the %s. True: %s. False: %s", result.Conjoin(axes), held, failed)}, figures...)
}
