package oracle

import (
	"fmt"
	"math"

	"rtbench/report/result"
)

// countFaults are faults that change which messages arrive: every n-th of each stream, 0 for none.
type countFaults struct{ lose, duplicate, swap int }

// expectedCounts are the expected counts of one repetition's steady phase.
type expectedCounts struct{ lost, duplicates, outOfOrder, recorded float64 }

// expect adds up the counts of all streams: the faults until the end of the steady phase minus
// those of the warm-up. The very last message has no successor to be swapped with.
func (n countFaults) expect(c result.Config) expectedCounts {
	if !constantRate(c) {
		nan := math.NaN()
		return expectedCounts{nan, nan, nan, nan}
	}
	total := dueBefore(c.Rate, c.Warmup.Seconds()+c.Steady.Seconds())
	warm := dueBefore(c.Rate, c.Warmup.Seconds())
	streams := c.Connections * c.Streams
	var e expectedCounts
	for i := range streams {
		all, before := streamShare(total, i, streams), streamShare(warm, i, streams)
		if c.Pattern == "fanout" { // every stream receives every message
			all, before = total, warm
		}
		e.lost += float64(multiples(all, n.lose) - multiples(before, n.lose))
		e.duplicates += float64(multiples(all, n.duplicate) - multiples(before, n.duplicate))
		e.outOfOrder += float64(multiples(all-1, n.swap) - multiples(before, n.swap))
		e.recorded += float64(all - before - (multiples(all, n.lose) - multiples(before, n.lose)))
	}
	return e
}

// dueBefore returns how many of the arrivals 0, 1, 2, … are due within seconds.
func dueBefore(rate, seconds float64) int { return int(math.Ceil(rate*seconds - 1e-6)) }

// streamShare returns how many of n arrivals stream i of k has.
func streamShare(n, i, k int) int { return max(0, (n-i+k-1)/k) }

// multiples returns the number of multiples of m among 1 … n.
func multiples(n, m int) int {
	if m == 0 {
		return 0
	}
	return max(0, n) / m
}

func (n countFaults) check(base Row, cell *result.Cell) []Row {
	var got result.Counters
	for _, r := range cell.Repetitions {
		got.Lost += r.Counters.Lost
		got.Duplicates += r.Counters.Duplicates
		got.OutOfOrder += r.Counters.OutOfOrder
		got.Corrupt += r.Counters.Corrupt
		got.Recorded += r.Counters.Recorded
	}
	e := n.expect(cell.Config)
	base.Unit = Messages
	row := func(figure, formula string, want float64, measured uint64) Row {
		r := base
		r.Metric, r.Formula, r.Want = figure, formula, want*float64(len(cell.Repetitions))
		r.Measured = float64(measured)
		if len(cell.Repetitions) == 0 {
			r.Want, r.Measured = math.NaN(), math.NaN()
		}
		return r.judge()
	}
	return []Row{
		row("lost", formulaOrNone("⌊N/%[1]d⌋ − ⌊W/%[1]d⌋ on each stream", n.lose), e.lost, got.Lost),
		row("duplicates", formulaOrNone("⌊N/%[1]d⌋ − ⌊W/%[1]d⌋ on each stream", n.duplicate), e.duplicates, got.Duplicates),
		row("out_of_order", formulaOrNone("⌊(N − 1)/%[1]d⌋ − ⌊W/%[1]d⌋ on each stream", n.swap), e.outOfOrder, got.OutOfOrder),
		row("corrupt", "none", 0, got.Corrupt),
		row("recorded", "planned − lost", e.recorded, got.Recorded),
	}
}

func formulaOrNone(format string, n int) string {
	if n == 0 {
		return "none"
	}
	return fmt.Sprintf(format, n)
}
