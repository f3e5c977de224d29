package stats

import (
	"fmt"
	"math"
)

// Compare judges two stored results against each other, base and head being the
// values of their repetitions in the order they were run, in any unit, above 0.
// It is the unpaired counterpart of Rule.Decide for one look and one figure, on
// the logarithms: regression if the one-sided rank-sum p against the floor is
// at most level and Low is above the floor, pass where High is below it, at
// 1 − 2·level two-sided. worseIsMore is true for times, false for throughputs:
// the ratio is then base/head, so that above 1 is always worse. Values that are
// not above 0 and finite are left out with a warning. base and head are left as
// they are.
//
// Give it a wider floor than a gate of interleaved pairs: the state of the machine
// at the times of the two results is fully part of the difference, no number
// of repetitions takes it out, and P and the interval do not know of it. Simulated,
// 2,000 comparisons of a thing with itself, 10 repetitions each, level 0.05, noise
// of 2 % and a slow drift of 5 % within a sitting: if both sittings find the
// machine in the same state, 0.65 % are false regressions at a floor of 5 %. Where
// its state is 5 % (standard deviation) faster or slower from sitting to sitting,
// 15.3 % are at a floor of 5 %, 5.0 % at 10 % and 0.25 % at 20 %: the floor has to
// be four times the machine's. The price: of changes of +10 %, 77 % pass at that
// floor (+50 %: 99 % are found). Interleaved pairs under the same drift have no
// false regression in 2,000 at 5 %, and find +10 % in 99 %.
//
// Source: Mann and Whitney 1947; Hodges and Lehmann 1963.
func Compare(base, head []float64, worseIsMore bool, floor, level float64) Evidence {
	a, errA := logsOf("base", base)
	b, errB := logsOf("head", head)
	if !worseIsMore {
		a, b = b, a
	}
	in := ShiftInterval(a, b, 1-2*level)
	e := evidence(in, RankSumGreater(a, b, math.Log1p(floor)))
	e.N = min(len(a), len(b))
	e.warn(errA)
	e.warn(errB)
	if !worseIsMore {
		a, b = b, a
	}
	e.warn(nonStationary("base's values", a))
	e.warn(nonStationary("head's values", b))
	e.warn(in.Warning)
	e.decide(floor, level)
	return e
}

func logsOf(whose string, xs []float64) ([]float64, error) {
	logs := make([]float64, len(xs))
	for i, x := range xs {
		logs[i] = math.Log(x)
	}
	logs, err := finiteOf(logs)
	if err != nil {
		err = fmt.Errorf("%s: %w", whose, err)
	}
	return logs, err
}

// finiteOf removes values that are not finite and reports their number.
func finiteOf(logs []float64) ([]float64, error) {
	var finite []float64
	for _, l := range logs {
		if !math.IsNaN(l) && !math.IsInf(l, 0) {
			finite = append(finite, l)
		}
	}
	if left := len(logs) - len(finite); left > 0 {
		return finite, fmt.Errorf("ignored %d of %d values that are unknown or not positive", left, len(logs))
	}
	return finite, nil
}

// nonStationary warns of a series whose values are not independent draws.
func nonStationary(what string, logs []float64) error {
	if s, p := MannKendall(logs); p < 0.01 {
		way := "up"
		if s < 0 {
			way = "down"
		}
		return fmt.Errorf("%s drift %s (Mann-Kendall p = %.2g); the interval assumes a constant centre", what, way, p)
	}
	r := Lag1(logs)
	switch bound := 2.58 / math.Sqrt(float64(len(logs))); {
	case r > bound:
		return fmt.Errorf("%s are autocorrelated (lag 1: %.2f); the interval is too narrow", what, r)
	case r < -bound:
		return fmt.Errorf("%s alternate (lag 1: %.2f); the order within pairs matters", what, r)
	}
	return nil
}
