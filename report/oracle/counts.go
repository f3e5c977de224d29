package oracle

import (
	"fmt"
	"math"

	"rtbench/report/result"
)

// countFaults are faults that affect the messages received: each is applied to every n-th message
// of a stream, or to none if 0.
type countFaults struct{ lose, duplicate, swap int }

// expectedCounts are the expected counts of the steady phase of one repetition.
type expectedCounts struct{ lost, duplicates, outOfOrder, recorded float64 }

// expect sums the counts over all streams: the faults until the end of the steady phase minus those
// in the warm-up. The very last message has no successor to be swapped with.
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

// dueBefore returns the number of arrivals due within seconds, the first one at 0.
func dueBefore(rate, seconds float64) int { return int(math.Ceil(rate*seconds - 1e-6)) }

// streamShare returns the number of n arrivals that go to stream i of k.
func streamShare(n, i, k int) int { return max(0, (n-i+k-1)/k) }

// multiples returns the number of multiples of m among 1 … n.
func multiples(n, m int) int {
	if m == 0 {
		return 0
	}
	return max(0, n) / m
}

func (n countFaults) check(base result.Expectation, cell *result.Cell) []result.Expectation {
	var all []result.Counters
	for _, r := range cell.Repetitions {
		all = append(all, r.Counters)
	}
	e, got := n.expect(cell.Config), result.Sum(all...)
	base.Unit = Messages
	row := func(metric, formula string, want float64, measured uint64) result.Expectation {
		r := base
		r.Metric, r.Formula = metric, formula
		if len(all) == 0 {
			return compared(r, math.NaN(), math.NaN(), 0)
		}
		return compared(r, want*float64(len(all)), float64(measured), 0)
	}
	return []result.Expectation{
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
