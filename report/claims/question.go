package claims

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"rtbench/proto"
	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// An order is a prediction of the guide: one protocol ahead of another.
type order struct {
	ahead, behind string
	// fits means that the first need only keep up: at most a quarter slower or costlier.
	fits bool
}

// quarter is the factor within which a protocol keeps up.
const quarter = 1.25

// An answer to a question: for the guide, against it, or undecided.
type answer int

const (
	undecided answer = iota
	holds
	fails
)

// other returns the opposite of a decided answer.
func (a answer) other() answer {
	if a == holds {
		return fails
	}
	return holds
}

// A question asks whether the guide is right at one point of a grid, by one metric.
type question struct {
	at     []string // its value on each axis
	answer answer
	seen   string // the figures
}

// ask returns the question whether all orders hold at p by m: it is for the guide if each of them is
// decided for it, and against the guide if one is decided against it.
func (p point) ask(m metric.Metric, orders []order, by stacks) question {
	q := question{at: []string{p.load, p.topology, p.traffic, p.encoding, m.Label}, answer: holds}
	var marks []string
	for _, o := range orders {
		a, mark := p.compare(m, o, by)
		marks = append(marks, mark)
		switch {
		case a == fails:
			q.answer = fails
		case a == undecided && q.answer == holds:
			q.answer = undecided
		}
	}
	q.seen = fmt.Sprintf("%s: %s. %s", p.label(), p.figures(m, by), strings.Join(marks, "; "))
	return q
}

// compare answers whether o.ahead is ahead of o.behind. A protocol is ahead if one of its stacks is ahead
// of each stack of the other, so that none is judged by its slowest library.
func (p point) compare(m metric.Metric, o order, by stacks) (answer, string) {
	a, b := p.contenders(o.ahead, by), p.contenders(o.behind, by)
	for _, side := range []struct {
		protocol string
		cells    []metric.Cell
	}{{o.ahead, a}, {o.behind, b}} {
		if len(side.cells) == 0 {
			return undecided, "not measured: " + side.protocol
		}
	}
	in, _, _ := m.Ratio(best(m, a).Cell, best(m, b).Cell, metric.MinLead)
	against := metric.MinLead
	if o.fits {
		against = quarter
	}
	switch text := ratioText(o, in); {
	case in.N < metric.MinPairs:
		return undecided, fmt.Sprintf("%s / %s: %s of repetitions, of %d needed",
			o.ahead, o.behind, result.Plural(in.N, "usable pair"), metric.MinPairs)
	case leads(m, a, b, metric.MinLead):
		return holds, text + ": " + o.ahead + " is ahead"
	case o.fits && leads(m, a, b, 1/quarter):
		return holds, text + ": " + o.ahead + " keeps up"
	case leads(m, b, a, against):
		return fails, text + ": " + o.behind + " is ahead"
	case o.fits:
		return undecided, text + ": neither within a quarter nor beyond it"
	default:
		return undecided, text + ": no difference shown"
	}
}

func ratioText(o order, in stats.Interval) string {
	return fmt.Sprintf("%s / %s = %.3g [%.3g, %.3g]", o.ahead, o.behind, in.Median, in.Low, in.High)
}

// label names the point.
func (p point) label() string {
	return fmt.Sprintf("%s %s %s, %s, %s", p.traffic, p.encoding, p.load, result.Plural(p.streams, "stream"), p.topology)
}

// leads reports whether one of cells is ahead of each of the others by a factor of least.
func leads(m metric.Metric, cells, others []metric.Cell, least float64) bool {
	return slices.ContainsFunc(cells, func(a metric.Cell) bool {
		return !slices.ContainsFunc(others, func(b metric.Cell) bool {
			_, ahead, _ := m.Ratio(a.Cell, b.Cell, least)
			return !ahead
		})
	})
}

// best returns the cell with the best value.
func best(m metric.Metric, cells []metric.Cell) metric.Cell {
	return slices.MinFunc(cells, better(m))
}

// better returns a function that orders cells, the better first.
func better(m metric.Metric) func(a, b metric.Cell) int {
	return func(a, b metric.Cell) int { return cmp.Compare(rank(m, a), rank(m, b)) }
}

// rank returns a number that is lower for a better value, and infinite for an unknown one. A time that is
// only bounded counts as its upper bound.
func rank(m metric.Metric, c metric.Cell) float64 {
	v := m.Value(c)
	if math.IsNaN(v) {
		if _, most, ok := m.CellBounds(c); ok {
			v = most
		}
	}
	switch {
	case math.IsNaN(v):
		return math.Inf(1)
	case m.Higher:
		return -v
	}
	return v
}

// figures returns the best value of each protocol, best first, and those of lean beside them.
func (p point) figures(m metric.Metric, by stacks) string {
	text := m.Label + ": " + cmp.Or(p.ranking(m, by), "unknown")
	if beside := p.ranking(m, lean); beside != "" && !strings.Contains(text, beside) {
		text += " (lean: " + beside + ")"
	}
	return text
}

func (p point) ranking(m metric.Metric, by stacks) string {
	var cells []metric.Cell
	for _, column := range Protocols {
		if contenders := p.contenders(column.ID, by); len(contenders) > 0 {
			cells = append(cells, best(m, contenders))
		}
	}
	slices.SortStableFunc(cells, better(m))
	var parts []string
	for _, c := range cells {
		if !math.IsInf(rank(m, c), 0) {
			parts = append(parts, c.Config.Protocol+" "+m.Text(c)+stackNote(c.Config))
		}
	}
	return strings.Join(parts, ", ")
}

// stackNote names the stack in brackets if it is neither stock nor lean, which the sentence names.
func stackNote(c result.Config) string {
	if s := stackOf(c); s != proto.Stock && s != proto.Lean {
		return " (" + s + ")"
	}
	return ""
}
