package oracle

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"rtbench/report/result"
)

// A drop is that of all streams by the server at a time of the steady phase, after which it refuses the first
// attempts of each.
type drop struct {
	at     time.Duration
	refuse int
}

// wait returns the time before attempt n of a policy, counted from 0, after the one before waited last: Brooker,
// "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
func wait(policy string, base, limit float64, n int, last, random float64) float64 {
	b := math.Min(limit, base*math.Pow(2, float64(n)))
	switch policy {
	case "fixed":
		return base
	case "exponential":
		return b
	case "equal-jitter":
		return b/2 + random*b/2
	case "full-jitter":
		return random * b
	}
	return math.Min(limit, base+random*(3*math.Max(base, last)-base)) // decorrelated
}

// waits returns the sums of the waits of each stream until the attempt that is accepted, in order of length. Random
// numbers follow from the seed and the stream.
func (d *drop) waits(c result.Config, streams int) []float64 {
	if c.Reconnect.Policy == "none" {
		return nil
	}
	all := make([]float64, streams)
	for i := range all {
		random, last := rand.New(rand.NewPCG(uint64(c.Seed), uint64(i))), 0.0
		for n := range d.refuse + 1 {
			last = wait(c.Reconnect.Policy, float64(c.Reconnect.Base), float64(c.Reconnect.Cap), n, last, random.Float64())
			all[i] += last
		}
	}
	slices.Sort(all)
	return all
}

// formulas describe the time until a stream is back.
var formulas = map[string]string{
	"fixed": "(k + 1)·base", "exponential": "Σ b", "equal-jitter": "Σ (b/2 + U·b/2)", "full-jitter": "Σ U·b", "decorrelated": "Σ decorrelated waits",
}

// check compares how the streams of a cell came back with the waits of its policy. Each attempt also takes the time in
// which streams connect at first: its median is added, and its spread is the noise.
func (d *drop) check(base result.Expectation, cell *result.Cell) []result.Expectation {
	var list []result.Storm
	if len(cell.Repetitions) > 0 {
		list = cell.Repetitions[0].Storms
	}
	base.Case += " " + cell.Config.Reconnect.Policy
	var s result.Storm
	if len(list) > 0 {
		s = list[0]
	}
	rows := append(d.checkCounts(base, cell.Config, &s), d.checkTimes(base, cell, &s)...)
	base.Metric, base.Formula, base.Unit = "storms", "1", Messages
	return append(rows, compared(base, 1, float64(len(list)), 0))
}

// checkCounts compares what happened to the streams, which must be exact.
func (d *drop) checkCounts(base result.Expectation, c result.Config, s *result.Storm) (rows []result.Expectation) {
	n := int(c.AllStreams())
	back := len(d.waits(c, n))
	for _, of := range []struct {
		metric, formula string
		want            int
		measured        uint64
	}{
		{"dropped", "n", n, s.Cut},
		{"attempts", "n·(k + 1)", back * (d.refuse + 1), s.Attempts},
		{"refused", "n·k", back * d.refuse, s.RefusedCount()},
		{"back", "n", back, uint64(s.Back.Count())},
		{"gave up", "n without a policy", n - back, s.GaveUp},
	} {
		r := base
		r.Metric, r.Formula, r.Unit = of.metric, of.formula, Messages
		rows = append(rows, compared(r, float64(of.want), float64(of.measured), 0))
	}
	return rows
}

// checkTimes compares when the streams were dropped, and when they were back.
func (d *drop) checkTimes(base result.Expectation, cell *result.Cell, s *result.Storm) []result.Expectation {
	connect := cell.Connecting()
	if connect == nil {
		connect = new(result.Connecting)
	}
	attempts, median := float64(d.refuse+1), value(connect.Time, 50)
	noise := attempts * (value(connect.Time, 100) - median)
	row := func(metric, formula string, want, measured float64) result.Expectation {
		r := base
		r.Metric, r.Formula, r.Unit = metric, formula, Nanoseconds
		return compared(r, want, measured, tolerance*want+noise)
	}
	rows := []result.Expectation{row("dropped at", "T", float64(d.at), float64(s.At))}
	n := cell.Config.AllStreams()
	waits := d.waits(cell.Config, int(n))
	for _, percent := range []float64{50, 99, 100} {
		if len(waits) == 0 {
			break
		}
		want := waits[int(math.Ceil(percent/100*n))-1] + attempts*median
		back, ok := s.Until(percent)
		rows = append(rows, row(fmt.Sprintf("%.0f %% back", percent), formulas[cell.Config.Reconnect.Policy]+" + connecting", want, result.Nanoseconds(back, ok)))
	}
	return rows
}
