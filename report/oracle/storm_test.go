package oracle

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"rtbench/proto/record"
	"rtbench/report/result"
)

const base, limit = 200.0, 1000.0 // ms

func stormConfig(policy string, connections int) result.Config {
	c := result.Config{Protocol: "tcp", Pattern: "echo", Connections: connections, Streams: 1, Seed: 1}
	c.Reconnect.Policy, c.Reconnect.Base, c.Reconnect.Cap = policy, time.Duration(base*1e6), time.Duration(limit*1e6)
	return c
}

// sumOfUniforms returns the distribution function of the sum of three values that are uniform from 0 to each of widths,
// in closed form: Σ over the subsets S of widths of (−1)^|S|·max(0, x − ΣS)³ / (3!·Πwidths).
func sumOfUniforms(widths [3]float64, x float64) float64 {
	sum := 0.0
	for subset := range 8 {
		rest, sign := x, 1.0
		for i, w := range widths {
			if subset>>i&1 == 1 {
				rest, sign = rest-w, -sign
			}
		}
		sum += sign * math.Pow(max(0, rest), 3)
	}
	return sum / (6 * widths[0] * widths[1] * widths[2])
}

// quantile returns where a distribution function reaches p, between 0 and high.
func quantile(f func(float64) float64, p, high float64) float64 {
	low := 0.0
	for range 60 {
		if middle := (low + high) / 2; f(middle) < p {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// The planned waits of 20,000 streams, with two attempts refused, have the distribution of their policy within 2 %: with
// that many, the median of the most variable policy is known to 0.4 % (standard error). Decorrelated waits have no
// closed form, and are compared with a simulation of 400,000 streams by another generator of random numbers.
func TestWaitsHaveTheDistributionOfTheirPolicy(t *testing.T) {
	t.Parallel()
	const streams, refused = 20_000, 2
	b := [3]float64{base, 2 * base, 4 * base}
	half := [3]float64{base / 2, base, 2 * base}
	sum := b[0] + b[1] + b[2]
	simulated := simulateDecorrelated(400_000, refused+1)
	for policy, want := range map[string]func(p float64) float64{
		"fixed":       func(float64) float64 { return 3 * base },
		"exponential": func(float64) float64 { return sum },
		"equal-jitter": func(p float64) float64 {
			return sum/2 + quantile(func(x float64) float64 { return sumOfUniforms(half, x) }, p, sum/2)
		},
		"full-jitter": func(p float64) float64 {
			return quantile(func(x float64) float64 { return sumOfUniforms(b, x) }, p, sum)
		},
		"decorrelated": func(p float64) float64 { return simulated[int(p*float64(len(simulated)-1))] },
	} {
		waits := (&drop{refuse: refused}).waits(stormConfig(policy, streams), streams)
		for _, p := range []float64{0.1, 0.5, 0.9, 0.99} {
			got := waits[int(p*(streams-1))] / 1e6
			if w := want(p); math.Abs(got-w) > tolerance*w {
				t.Errorf("%s: %v of the streams wait up to %.1f ms, want %.1f", policy, p, got, w)
			}
		}
	}
	if waits := (&drop{}).waits(stormConfig("none", 10), 10); waits != nil {
		t.Errorf("without a policy streams wait %v", waits)
	}
}

// simulateDecorrelated returns the sums of so many waits, in ms and sorted.
func simulateDecorrelated(streams, attempts int) []float64 {
	random := rand.New(rand.NewChaCha8([32]byte{1}))
	all := make([]float64, streams)
	for i := range all {
		last := base
		for range attempts {
			last = min(limit, base+random.Float64()*(3*last-base))
			all[i] += last
			last = max(last, base)
		}
	}
	slices.Sort(all)
	return all
}

// A storm that follows the plan is within tolerance; streams that come back 5 % too late, or an attempt too many, are not.
func TestCheckStorm(t *testing.T) {
	t.Parallel()
	d := &drop{500 * time.Millisecond, 2}
	for _, policy := range []string{"none", "fixed", "exponential", "equal-jitter", "full-jitter", "decorrelated"} {
		for name, c := range map[string]struct {
			slower   float64
			attempts uint64
			off      int
		}{"as planned": {1, 0, 0}, "late": {1.05, 0, 3}, "an attempt too many": {1, 1, 1}} {
			if policy == "none" && name == "late" {
				continue
			}
			cell := plannedStorm(d, policy, c.slower)
			cell.Repetitions[0].Storms[0].Attempts += c.attempts
			off := 0
			for _, e := range d.check(result.Expectation{Case: "storm"}, cell) {
				if e.Metric == "" || e.Formula == "" || e.Unit == "" || e.Case != "storm "+policy {
					t.Errorf("incomplete row %+v", e)
				}
				if !e.Within {
					off++
				}
			}
			if off != c.off {
				t.Errorf("%s, %s: %d values are off, want %d", policy, name, off, c.off)
			}
		}
	}
	for _, e := range d.check(result.Expectation{}, &result.Cell{Config: stormConfig("fixed", 1)}) {
		if e.Within && e.Want != 0 {
			t.Errorf("a cell without repetitions has %+v", e)
		}
	}
}

// plannedStorm returns a cell of 100 connections that came back as planned, each wait longer by a factor.
func plannedStorm(d *drop, policy string, slower float64) *result.Cell {
	c := stormConfig(policy, 100)
	back, connect := record.NewHistogram(), record.NewHistogram()
	_ = connect.RecordValue(1e6)
	s := result.Storm{At: d.at, Cut: 100}
	for _, w := range d.waits(c, 100) {
		_ = back.RecordValue(int64(w*slower) + 3e6)
		s.Attempts += 3
	}
	if s.GaveUp = 100; policy != "none" {
		s.Back, s.GaveUp = result.Wrap(back), 0
		s.Refused = map[string]uint64{"HTTP status 503": 200}
	}
	return &result.Cell{Config: c, Repetitions: []*result.Repetition{{Storms: []result.Storm{s}, Connecting: &result.Connecting{Streams: 100, Time: result.Wrap(connect)}}}}
}
