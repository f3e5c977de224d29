package oracle

import (
	"math"

	"rtbench/report/result"
)

// checkTokens compares the answers of a reference server with their plan. The noise of the machine is that of
// the delivery of tokens, which each have their own due time.
func checkTokens(base result.Expectation, cell *result.Cell) []result.Expectation {
	plan, a := cell.Config.Tokens, cell.Answers()
	if a == nil {
		a = new(result.Answers)
	}
	delivery, _, _ := cell.Merged()
	noise := value(delivery, 99) - value(delivery, 50)
	row := func(metric, formula string, want, measured float64) result.Expectation {
		r := base
		r.Metric, r.Formula, r.Unit = metric, formula, Nanoseconds
		return compared(r, want, measured, tolerance*want+noise)
	}
	count := func(metric, formula string, want, measured uint64) result.Expectation {
		r := base
		r.Metric, r.Formula, r.Unit = metric, formula, Messages
		if a.Requests == 0 {
			return compared(r, math.NaN(), math.NaN(), 0)
		}
		return compared(r, float64(want), float64(measured), 0)
	}
	mean := math.NaN()
	if a.Between.Count() > 0 {
		mean = a.Between.Mean()
	}
	return []result.Expectation{
		row("TTFT p50", "first", float64(plan.First), value(a.First, 50)),
		row("ITL p50", "every", float64(plan.Every), value(a.Between, 50)),
		row("ITL mean", "every", float64(plan.Every), mean),
		row("TPOT p50", "every", float64(plan.Every), value(a.PerToken, 50)),
		row("answer p50", "first + (count − 1)·every", float64(plan.Length()), value(a.Whole, 50)),
		count("ended", "requests", a.Requests, a.Ended),
		count("tokens", "requests·count", a.Requests*uint64(plan.Count), a.Tokens),
	}
}
