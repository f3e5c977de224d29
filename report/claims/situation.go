package claims

import (
	"slices"

	"rtbench/proto"
	"rtbench/report/result"
)

// A Situation restricts the grid to the points that matter to a choice. The zero value is the whole grid,
// with the best of each protocol's stock stacks.
type Situation struct {
	Topology string   // ID of one of Topologies; empty for all
	Stack    string   // stands for every protocol that has it; empty for the best stock stack
	Patterns []string // nil for all
}

func (s Situation) includes(p point) bool {
	i := slices.IndexFunc(Topologies, func(t Topology) bool { return t.ID == s.Topology })
	return (i < 0 || Topologies[i].Name == p.topology) && (s.Patterns == nil || slices.Contains(s.Patterns, p.traffic))
}

// stacks returns the stacks that stand for protocols. A library that only one protocol has competes with
// the stock stacks of the others; rtbench's own code competes with itself only.
func (s Situation) stacks() stacks {
	switch s.Stack {
	case "":
		return stock
	case proto.Lean:
		return lean
	}
	return only(s.Stack)
}

// Compare judges whether protocol a of the guide's table is ahead of b in the performance suites. Its
// evidence has one line of figures for each load and metric.
func Compare(e *result.Evidence, a, b string, in Situation) Claim {
	g := gridOf(performancePoints(e), metricsOf, []order{{ahead: a, behind: b}}, in)
	f := g.finding()
	return Claim{ID: a + "/" + b, Statement: "ahead", Verdict: f.verdict, Summary: f.summary, Evidence: g.figures()}
}

// figures returns the figures of one question for each load and metric, if possible a decided one.
func (g grid) figures() []string {
	var keys, figures []string
	for _, wanted := range [][]question{g.decided(), g.questions} {
		for _, q := range wanted {
			if key := q.at[0] + q.at[len(q.at)-1]; !slices.Contains(keys, key) {
				keys, figures = append(keys, key), append(figures, q.seen)
			}
		}
	}
	return figures
}
