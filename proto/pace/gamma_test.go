package pace_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"rtbench/proto/pace"
)

// dueTimes returns the due times of all streams in seconds, sorted.
func dueTimes(streams int, plan func(share int) *pace.Plan) []float64 {
	var due []float64
	for share := range streams {
		p := plan(share)
		for d, ok := p.Next(); ok; d, ok = p.Next() {
			due = append(due, d.Seconds())
		}
	}
	slices.Sort(due)
	return due
}

// distance returns the Kolmogorov-Smirnov distance of values, which it sorts, from a distribution.
func distance(values []float64, cdf func(float64) float64) (worst float64) {
	slices.Sort(values)
	n := float64(len(values))
	for i, v := range values {
		worst = max(worst, math.Abs(float64(i)/n-cdf(v)), math.Abs(float64(i+1)/n-cdf(v)))
	}
	return worst
}

// The gaps of all streams together have the gamma distribution and are independent, however many
// streams there are: Kolmogorov-Smirnov at a level of 0.1 % (1.95/√n), with a fixed seed. The
// distributions are those of a gamma variable with a closed form.
func TestGammaGaps(t *testing.T) {
	t.Parallel()
	const rate, seconds = 10_000, 2
	for name, c := range map[string]struct {
		cv  float64
		cdf func(gaps float64) float64
	}{
		"exponential": {1, func(x float64) float64 { return 1 - math.Exp(-x) }},
		"Erlang":      {math.Sqrt(0.5), func(x float64) float64 { return 1 - (1+2*x)*math.Exp(-2*x) }},
		"chi-square":  {math.Sqrt2, func(x float64) float64 { return math.Erf(math.Sqrt(x / 2)) }},
	} {
		for _, streams := range []int{1, 2, 7, 1000} {
			t.Run(fmt.Sprintf("%s/%d", name, streams), func(t *testing.T) {
				t.Parallel()
				arrivals := pace.Gamma(math.Round(c.cv*1e6) / 1e6)
				due := dueTimes(streams, func(share int) *pace.Plan {
					return pace.NewPlan(constant(rate, seconds*time.Second), arrivals, 42, share, streams)
				})
				n := float64(len(due))
				if sigma := c.cv * math.Sqrt(rate*seconds); math.Abs(n-rate*seconds) > 4*sigma {
					t.Fatalf("%v arrivals, want %d ± %.0f", n, rate*seconds, 4*sigma)
				}
				gaps := make([]float64, len(due)-1)
				for i := range gaps {
					gaps[i] = (due[i+1] - due[i]) * rate
				}
				if r := lagOne(gaps); math.Abs(r) > 4/math.Sqrt(n) {
					t.Errorf("neighbouring gaps correlate: %v", r)
				}
				if d := distance(gaps, c.cdf); d > 1.95/math.Sqrt(n) {
					t.Errorf("gaps are %v away from their distribution", d)
				}
			})
		}
	}
}

// lagOne returns the correlation of neighbours.
func lagOne(values []float64) float64 {
	mean := 0.0
	for _, v := range values {
		mean += v / float64(len(values))
	}
	var same, next float64
	for i, v := range values {
		same += (v - mean) * (v - mean)
		if i > 0 {
			next += (v - mean) * (values[i-1] - mean)
		}
	}
	return next / same
}

// The most clustered and the most regular arrivals keep the rate, in the first second as later.
func TestGammaRate(t *testing.T) {
	t.Parallel()
	const rate, streams = 1000, 50
	for _, cv := range []float64{0.1, 10} {
		var counts []float64
		for seed := range int64(100) {
			due := dueTimes(streams, func(share int) *pace.Plan {
				return pace.NewPlan(constant(rate, time.Second), pace.Gamma(cv), seed, share, streams)
			})
			counts = append(counts, float64(len(due)))
		}
		mean := 0.0
		for _, n := range counts {
			mean += n / float64(len(counts))
		}
		if limit := 4 * cv * math.Sqrt(rate) / math.Sqrt(float64(len(counts))); math.Abs(mean-rate) > limit+1 {
			t.Errorf("cv %v: %v messages/s, want %d ± %.1f", cv, mean, rate, limit)
		}
	}
}

func TestParseArrivals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]pace.Arrivals{
		"": "", "constant": pace.Constant, "poisson": pace.Poisson, "gamma(cv=2.50)": pace.Gamma(2.5), "gamma(cv=0.1)": pace.Gamma(0.1),
	} {
		if got, err := pace.ParseArrivals(text); err != nil || got != want {
			t.Errorf("ParseArrivals(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"gamma", "gamma()", "gamma(cv=0)", "gamma(cv=10.1)", "gamma(cv=1e1)", "gamma(2)", "gamma(cv=2) "} {
		if got, err := pace.ParseArrivals(text); err == nil {
			t.Errorf("ParseArrivals(%q) = %q", text, got)
		}
	}
	if shape, ok := pace.Gamma(2).GammaShape(); shape != 0.25 || !ok {
		t.Errorf("shape %v, %t", shape, ok)
	}
}

// Plans must not allocate, and their cost shows in the lag of the next message.
func BenchmarkPlan(b *testing.B) {
	for _, streams := range []int{1, 1000} {
		for name, plan := range map[string]func() *pace.Plan{
			"constant": func() *pace.Plan { return pace.NewPlan(constant(1e6, 24*time.Hour), pace.Constant, 1, 0, streams) },
			"poisson":  func() *pace.Plan { return pace.NewPlan(constant(1e6, 24*time.Hour), pace.Poisson, 1, 0, streams) },
			"gamma": func() *pace.Plan {
				return pace.NewPlan(constant(1e6, 24*time.Hour), pace.Gamma(2), 1, streams/3, streams)
			},
			"in bursts": func() *pace.Plan {
				return pace.NewPlan(constant(1e6, 24*time.Hour), pace.Constant, 1, 0, streams).On(pace.Wave{Period: time.Second, On: 1e8})
			},
			"in a sine": func() *pace.Plan {
				return pace.NewPlan(constant(1e6, 24*time.Hour), pace.Constant, 1, 0, streams).On(pace.Wave{Period: time.Second, Amplitude: 0.8})
			},
		} {
			b.Run(fmt.Sprintf("%s/%d", name, streams), func(b *testing.B) {
				p := plan()
				if n := testing.AllocsPerRun(100, func() { p.Next() }); n > 0 {
					b.Fatalf("%v allocations per message", n)
				}
				for b.Loop() {
					p.Next()
				}
			})
		}
	}
}
