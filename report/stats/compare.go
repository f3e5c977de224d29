package stats

import (
	"fmt"
	"math"
)

// Compare judges two stored results. base and head are the values of their repetitions, above 0, in
// any unit and in the order measured. It is the unpaired counterpart of Rule.Decide for one look
// and one metric, on logarithms: a regression if the one-sided rank-sum p-value against the floor
// is at most level and Low is above the floor, and a pass if High is below the floor, at two-sided
// confidence 1 − 2·level. worseIsMore is true for times and false for throughput, whose ratio is
// base/head, so that a ratio above 1 is always worse. Values that are not positive and finite are
// left out with a warning. base and head are not modified.
//
// The floor must be wider than that of a gate with interleaved pairs: the ratio includes the state
// of the machine at the two times, which no number of repetitions averages out and which P and the
// interval do not reflect. In a simulation of 2,000 comparisons of a target with itself (10
// repetitions each, level 0.05, 2 % noise, 5 % slow drift within a run), 0.65 % were false
// regressions at a floor of 5 % if the machine was in the same state in both runs. If its state
// varied between runs with a standard deviation of 5 %, they were 15.3 % at a floor of 5 %, 5.0 %
// at 10 % and 0.25 % at 20 %, so the floor has to be four times the variation of the machine. At
// that floor, 77 % of changes of +10 % passed, and 99 % of changes of +50 % were found. Interleaved
// pairs under the same drift had no false regression in 2,000 at 5 %, and found 99 % of changes of
// +10 %.
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

func logsOf(name string, xs []float64) ([]float64, error) {
	logs := make([]float64, len(xs))
	for i, x := range xs {
		logs[i] = math.Log(x)
	}
	logs, err := Finite(logs)
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return logs, err
}

// Finite returns the finite values, and a warning with the number of others.
func Finite(logs []float64) ([]float64, error) {
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

// nonStationary returns a warning if the values are not independent draws from one distribution.
func nonStationary(name string, logs []float64) error {
	if s, p := MannKendall(logs); p < 0.01 {
		direction := "up"
		if s < 0 {
			direction = "down"
		}
		return fmt.Errorf("%s drift %s (Mann-Kendall p = %.2g); the interval assumes a constant centre", name, direction, p)
	}
	r := Lag1(logs)
	switch bound := 2.58 / math.Sqrt(float64(len(logs))); {
	case r > bound:
		return fmt.Errorf("%s are autocorrelated (lag 1: %.2f); the interval is too narrow", name, r)
	case r < -bound:
		return fmt.Errorf("%s alternate (lag 1: %.2f); the order within pairs matters", name, r)
	}
	return nil
}
