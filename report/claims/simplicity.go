package claims

import (
	"fmt"
	"strings"

	"rtbench/report/claims/complexity"
	"rtbench/report/result"
)

// A complexityMeasure quantifies the complexity of a protocol. A higher value is more complex.
type complexityMeasure struct {
	name string
	of   func(protocol string, e *result.Evidence) (float64, bool)
}

var complexityMeasures = []complexityMeasure{
	{"round trips until the first reply", observed("round-trips-waited")},
	{"bytes on the wire until the first reply", observed("bytes")},
	{"statements for messages from server to client", counted(func(c complexity.Counts) int { return c.PushStatements })},
	{"statements for messages both ways", counted(func(c complexity.Counts) int { return c.EchoStatements })},
	{"packages imported", counted(func(c complexity.Counts) int { return c.Packages })},
	{"statements of generated code", counted(func(c complexity.Counts) int { return c.GeneratedStatements })},
}

func observed(fact string) func(string, *result.Evidence) (float64, bool) {
	return func(protocol string, e *result.Evidence) (float64, bool) {
		o, known := e.Observation("setup/" + protocol + "/" + fact)
		return o.Value, known
	}
}

// counted returns the least count of the protocol's stacks, so that none is judged by its most complex
// library.
func counted(count func(complexity.Counts) int) func(string, *result.Evidence) (float64, bool) {
	return func(protocol string, _ *result.Evidence) (least float64, known bool) {
		for _, c := range complexity.All {
			if n := float64(count(c)); c.Protocol == protocol && (!known || n < least) {
				least, known = n, true
			}
		}
		return least, known
	}
}

// byComplexity returns a judge of the orders, less complex first, by each of the counts. Differences of
// up to a tenth do not count.
func byComplexity(orders ...order) judge {
	return func(e *result.Evidence, _ Situation) finding {
		g := grid{axes: []string{"count"}, leastPart: 1}
		for _, m := range complexityMeasures {
			g.questions = append(g.questions, m.ask(e, orders))
		}
		return g.finding()
	}
}

// ask returns the question whether all orders hold by the measure.
func (m complexityMeasure) ask(e *result.Evidence, orders []order) question {
	q := question{at: []string{m.name}, answer: holds, seen: m.line(e)}
	for _, o := range orders {
		x, knownX := m.of(o.ahead, e)
		y, knownY := m.of(o.behind, e)
		switch {
		case !knownX || !knownY || x*1.1 >= y && y*1.1 >= x:
			if q.answer == holds {
				q.answer = undecided
			}
		case x > y:
			q.answer = fails
		}
	}
	return q
}

func (m complexityMeasure) line(e *result.Evidence) string {
	var parts []string
	for _, p := range Protocols {
		if x, known := m.of(p.ID, e); known {
			parts = append(parts, fmt.Sprintf("%s %.4g", p.ID, x))
		}
	}
	return m.name + ": " + strings.Join(parts, ", ")
}
