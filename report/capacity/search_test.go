package capacity_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/report/capacity"
)

// A server answers whether a step under a load meets the objective. Knees are its capacities: more than
// one if its response is not monotone.
type server struct {
	step  func(x float64) capacity.Outcome
	knees []float64
	// share counts the messages over the limit instead, if it is not nil.
	share func(x float64) capacity.Share
}

// at runs a step.
func (s server) at(x float64) capacity.Step {
	if s.share == nil {
		return capacity.Step{At: x, Outcome: s.step(x)}
	}
	of := s.share(x)
	return capacity.Step{At: x, Outcome: outcome(float64(of.Over) <= of.Allowed*float64(of.Of)), Shares: []capacity.Share{of}}
}

func outcome(met bool) capacity.Outcome {
	if met {
		return capacity.Met
	}
	return capacity.Missed
}

// queue returns a percentile of an M/M/1 queue as a multiple of its limit, which it reaches at the knee
// with the given utilization.
func queue(x, knee, utilization float64) float64 {
	full := knee / utilization
	if x >= full {
		return math.Inf(1)
	}
	return (1 - utilization) / (1 - x/full)
}

// knee returns a capacity around the first load.
func knee(r *rand.Rand) float64 { return start * math.Exp(4*r.Float64()-2) }

const start = 4000

// between returns a random value.
func between(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }

// models are made-up servers. least and most bound the share of intervals that contain the capacity; a
// response without noise is bracketed more closely than the interval says.
var models = []struct {
	name        string
	least, most float64
	server      func(r *rand.Rand) server
}{
	{"sharp", 0.93, 1, func(r *rand.Rand) server {
		k := knee(r)
		return server{step: func(x float64) capacity.Outcome { return outcome(x < k) }, knees: []float64{k}}
	}},
	{"soft", 0.93, 0.97, func(r *rand.Rand) server {
		k, utilization, noise := knee(r), between(r, 0.5, 0.9), between(r, 0.05, 0.2)
		return server{step: func(x float64) capacity.Outcome {
			return outcome(queue(x, k, utilization)*math.Exp(noise*r.NormFloat64()) < 1)
		}, knees: []float64{k}}
	}},
	{"noisy, with disturbed steps", 0.93, 0.97, func(r *rand.Rand) server {
		k, utilization, noise := knee(r), between(r, 0.7, 0.95), between(r, 0.3, 0.8)
		return server{step: func(x float64) capacity.Outcome {
			return outcome(r.Float64() > 0.03 && queue(x, k, utilization)*math.Exp(noise*r.NormFloat64()) < 1)
		}, knees: []float64{k}}
	}},
	{"not monotone", 0.93, 1, func(r *rand.Rand) server {
		k := knee(r)
		low, high := k*between(r, 0.2, 0.4), k*between(r, 0.5, 0.7)
		return server{step: func(x float64) capacity.Outcome {
			return outcome((x < low || x > high) && queue(x, k, 0.8)*math.Exp(0.1*r.NormFloat64()) < 1)
		}, knees: []float64{k, low}}
	}},
	{"limited by the generator", 0.93, 1, func(r *rand.Rand) server {
		k := knee(r)
		limit := k * math.Exp(between(r, -1, 1))
		return server{step: func(x float64) capacity.Outcome {
			if x*math.Exp(0.05*r.NormFloat64()) > limit || r.Float64() < 0.03 {
				return capacity.Limited
			}
			return outcome(queue(x, k, 0.8)*math.Exp(0.1*r.NormFloat64()) < 1)
		}, knees: []float64{k}}
	}},
	{"M/D/1 counted", 0.93, 1, func(r *rand.Rand) server {
		k := knee(r)
		return server{knees: []float64{k}, share: func(x float64) capacity.Share {
			return waiting(r, 0.71863*x/k, 8, func() float64 { return 1 })
		}}
	}},
	{"M/M/1 counted", 0.93, 1, func(r *rand.Rand) server {
		k := knee(r)
		return server{knees: []float64{k}, share: func(x float64) capacity.Share {
			return waiting(r, (1-math.Log(100)/16)*x/k, 16, r.ExpFloat64)
		}}
	}},
	{"stalls counted, with disturbed steps", 0.93, 1, func(r *rand.Rand) server {
		k := knee(r)
		return server{knees: []float64{k}, share: func(x float64) capacity.Share {
			of := stalling(r, x/k)
			if r.Float64() < 0.03 {
				of.Over = of.Of / 10
			}
			return of
		}}
	}},
	{"sharp counted", 0.93, 1, func(r *rand.Rand) server {
		k := knee(r)
		return server{knees: []float64{k}, share: func(x float64) capacity.Share {
			of := capacity.Share{Of: int64(x), Allowed: 0.01}
			if x > k {
				of.Over = of.Of / 2
			}
			return of
		}}
	}},
}

// waiting runs a step of 2,000 mean service times in a queue with one worker and random arrivals at a utilization, after
// a warm-up of 500. It counts the messages that take longer than a limit in mean service times, and ends when there are
// four times as many as are allowed.
func waiting(r *rand.Rand, utilization, limit float64, service func() float64) capacity.Share {
	const warmup, end = 500, 2500
	of := capacity.Share{Allowed: 0.01}
	planned := utilization * (end - warmup)
	free := 0.0
	for at := r.ExpFloat64() / utilization; at < end; at += r.ExpFloat64() / utilization {
		free = max(free, at) + service()
		if at < warmup {
			continue
		}
		if of.Of++; free-at > limit {
			of.Over++
		}
		if float64(of.Over) > 4*of.Allowed*(planned+5*math.Sqrt(planned)) {
			break
		}
	}
	return of
}

// stalling runs a step of a server whose stalls delay 150 messages each in the mean, more often as the load x grows;
// at 1 they delay 1 % of the messages.
func stalling(r *rand.Rand, x float64) capacity.Share {
	const stall = 150 // messages
	n := 20_000 * x
	mean := n * min(1, 0.001+0.009*math.Pow(x, 30))
	over := 0.0
	for rest := mean - stall*r.ExpFloat64(); rest > 0 && over < n; rest -= stall * r.ExpFloat64() {
		over += stall * r.ExpFloat64()
	}
	return capacity.Share{Over: int64(min(over, n)), Of: int64(n), Allowed: 0.01}
}

// search runs a search with steps that have an outcome only.
func search(t *testing.T, p capacity.Plan, step func(float64) capacity.Outcome) (capacity.Answer, []capacity.Step) {
	t.Helper()
	return searchSteps(t, p, func(x float64) capacity.Step { return capacity.Step{At: x, Outcome: step(x)} })
}

// searchSteps runs a search.
func searchSteps(t *testing.T, p capacity.Plan, step func(float64) capacity.Step) (capacity.Answer, []capacity.Step) {
	t.Helper()
	var steps []capacity.Step
	for {
		x, more := p.Next(steps)
		if !more {
			return p.Answer(steps), steps
		}
		if !(x >= p.Least && x <= p.Most) || len(steps) >= p.Steps {
			t.Fatalf("step %d is at %g", len(steps)+1, x)
		}
		steps = append(steps, step(x))
	}
}

func planFor(seed int) capacity.Plan {
	return capacity.Plan{Start: start, Least: 1, Most: 1e6, Precision: 0.05, Steps: 40, Seed: uint64(seed)}
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	searches, slack := 200, 0.015 // of each model
	if !testrun.All() {           // the share varies more
		searches, slack = 20, 0.15
	}
	for _, m := range models {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			searches, slack := searches, slack
			if strings.Contains(m.name, "counted") { // these take twenty times as long
				searches, slack = searches/6, 5*slack
			}
			covered, steps, wide, odd, bounds := 0, 0, 0, 0, 0
			for seed := range searches {
				s := m.server(rand.New(rand.NewPCG(uint64(seed), 1)))
				a, ran := searchSteps(t, planFor(seed), s.at)
				if contains(t, a, s.knees) {
					covered++
				}
				steps += len(ran)
				if a.Kind == capacity.AtLeast {
					bounds++
				} else if !a.Precise {
					wide++
				}
				if len(a.Odd) > 0 {
					odd++
				}
			}
			n := float64(searches)
			share := float64(covered) / n
			t.Logf("%s: %.1f %% contain the capacity; %.1f steps; %d lower bounds, %d wide, %d not monotone", m.name, 100*share, float64(steps)/n, bounds, wide, odd)
			if share < m.least-slack || share > m.most+slack {
				t.Errorf("%.1f %% of the intervals contain the capacity, want %.0f to %.0f %%", 100*share, 100*m.least, 100*m.most)
			}
		})
	}
}

// contains reports whether an answer is right. It fails the test if the answer is empty or unbounded
// without a reason.
func contains(t *testing.T, a capacity.Answer, knees []float64) bool {
	in := a.Interval
	switch {
	case !a.Ended:
		t.Errorf("the search ended early: %+v", a)
	case a.Kind == capacity.Found && !(in.Low > 0 && in.Low <= in.At && in.At <= in.High && in.High < 1e7):
		t.Errorf("found %+v", in)
	case a.Kind == capacity.AtLeast && math.IsInf(a.Ceiling, 1):
		t.Errorf("at least %g without a limit of the generator", in.Low)
	case a.Kind == capacity.Below || a.Kind == capacity.Unknown:
		t.Errorf("the answer is %q", a.Kind)
	}
	for _, k := range knees {
		if in.Low <= k && (a.Kind == capacity.AtLeast || k <= in.High) {
			return true
		}
	}
	return false
}

func TestSearchAtTheEndsOfTheAxis(t *testing.T) {
	t.Parallel()
	always := func(o capacity.Outcome) func(float64) capacity.Outcome {
		return func(float64) capacity.Outcome { return o }
	}
	for _, c := range []struct {
		name string
		step func(float64) capacity.Outcome
		want capacity.Kind
		low  float64
		high float64
	}{
		{"always met", always(capacity.Met), capacity.AtLeast, 1e6, 0},
		{"always missed", always(capacity.Missed), capacity.Below, 0, 1},
		{"never generated", always(capacity.Limited), capacity.Unknown, 0, 0},
		{"never usable", always(capacity.Unusable), capacity.Unknown, 0, 0},
		{"generated up to the start", func(x float64) capacity.Outcome {
			if x > start {
				return capacity.Limited
			}
			return capacity.Met
		}, capacity.AtLeast, start, 0},
	} {
		a, steps := search(t, planFor(1), c.step)
		if a.Kind != c.want || a.Interval.Low != c.low || a.Interval.High != c.high || !a.Ended {
			t.Errorf("%s: %+v after %d steps, want %s %g %g", c.name, a, len(steps), c.want, c.low, c.high)
		}
	}
}

func TestSearchOfIntegers(t *testing.T) {
	t.Parallel()
	p := capacity.Plan{Start: 16, Least: 1, Most: 1e5, Whole: true, Precision: 0.01, Steps: 60}
	a, steps := search(t, p, func(x float64) capacity.Outcome { return outcome(x <= 7) })
	for _, s := range steps {
		if s.At != math.Trunc(s.At) {
			t.Errorf("step at %g", s.At)
		}
	}
	if a.Kind != capacity.Found || a.Interval.Low > 8 || a.Interval.High < 7 {
		t.Errorf("%+v", a)
	}
}

// A search may be interrupted: it continues as if it had not been.
func TestNextDependsOnStepsOnly(t *testing.T) {
	t.Parallel()
	s := models[1].server(rand.New(rand.NewPCG(1, 1)))
	p := planFor(1)
	_, steps := search(t, p, s.step)
	for i := range steps {
		if x, more := p.Next(steps[:i]); !more || x != steps[i].At {
			t.Fatalf("step %d is at %g, at first %g", i+1, x, steps[i].At)
		}
	}
}

func TestAnswerSaysThatResponseIsNotMonotone(t *testing.T) {
	t.Parallel()
	p := planFor(1)
	a, _ := search(t, p, func(x float64) capacity.Outcome { return outcome((x < 5000 || x > 10000) && x < 40000) })
	if len(a.Odd) == 0 {
		t.Errorf("%+v", a)
	}
	for seed := range 20 {
		if a, _ := search(t, planFor(seed), func(x float64) capacity.Outcome { return outcome(x < 20000) }); len(a.Odd) > 0 {
			t.Errorf("a monotone response is odd at %v", a.Odd)
		}
	}
}

// A single spoiled step must not decide.
func TestSearchSurvivesSpoiledStep(t *testing.T) {
	t.Parallel()
	for spoiled := range 6 {
		n := 0
		a, _ := search(t, planFor(3), func(x float64) capacity.Outcome {
			n++
			return outcome(x < 20000 && n != spoiled+1)
		})
		if a.Kind != capacity.Found || a.Interval.Low > 20000 || a.Interval.High < 20000 {
			t.Errorf("step %d spoiled: %+v", spoiled+1, a)
		}
	}
}
