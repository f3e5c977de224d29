package claims

import (
	"slices"

	"rtbench/report/metric"
	"rtbench/report/result"
)

// A metricsAt returns the metrics that compare protocols at points like this.
type metricsAt func(result.Config) []metric.Metric

// gridOf returns the grid of questions whether the orders hold, over the points of the situation and the
// metrics of each.
func gridOf(points []point, metrics metricsAt, orders []order, in Situation) grid {
	g := grid{axes: gridAxes, leastPart: measuredPart}
	for _, p := range points {
		if !in.includes(p) {
			continue
		}
		for _, m := range metrics(p.cells[0].Config) {
			if !p.measures(m) {
				continue
			}
			g.questions = append(g.questions, p.ask(m, orders, in.stacks()))
		}
	}
	return g
}

// byPerformance returns a judge of the orders over the grid of the performance suites.
func byPerformance(orders ...order) judge {
	return func(e *result.Evidence, in Situation) finding {
		return gridOf(performancePoints(e), metricsOf, orders, in).finding()
	}
}

func performancePoints(e *result.Evidence) (points []point) {
	for _, name := range performanceSuites {
		points = slices.Concat(points, pointsOf(e.Suites[name], byPattern, all))
	}
	return points
}

func all(result.Config) bool { return true }

// byUseCase returns a judge of whether a protocol keeps up with the others over the grid of a use case's
// scenarios.
func byUseCase(protocol string, scenarios []string, metrics ...metric.Metric) judge {
	var orders []order
	for _, c := range Protocols {
		if c.ID != protocol {
			orders = append(orders, order{ahead: protocol, behind: c.ID, fits: true})
		}
	}
	return func(e *result.Evidence, in Situation) finding {
		points := pointsOf(e.Suites["use-cases"], byScenario, func(c result.Config) bool { return slices.Contains(scenarios, c.Scenario) })
		return gridOf(points, func(result.Config) []metric.Metric { return metrics }, orders, Situation{Topology: in.Topology, Stack: in.Stack}).finding()
	}
}

// Performance judges the guide's performance cells by the cells of any result. It returns nothing if no
// point of the grid has all of the guide's protocols.
func Performance(r *result.Result) []Claim {
	points := pointsOf(r, byPattern, func(c result.Config) bool { return c.API == "" })
	if !slices.ContainsFunc(points, point.complete) {
		return nil
	}
	var out []Claim
	for _, c := range Cells {
		if c.Feature != "performance" {
			continue
		}
		f := gridOf(points, metricsOf, performanceOrders[c.Protocol], Situation{}).finding()
		out = append(out, Claim{ID: c.ID(), Statement: c.Says, Verdict: f.verdict, Summary: f.summary, Evidence: f.seen})
	}
	return out
}

// complete reports whether each protocol of the guide's table has a stock stack at the point.
func (p point) complete() bool {
	return !slices.ContainsFunc(Protocols, func(c Column) bool { return len(p.contenders(c.ID, stock)) == 0 })
}
