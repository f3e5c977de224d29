package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"rtbench/internal/testrun"
)

// A machine models pairs whose loads alternate in slices. The logarithm of a slice's value is drift,
// common to both sides, plus bursts of stolen CPU, plus noise of 6 %, plus effect for head, plus the
// luck of the side's process in this block, of 1.5 %. A side's value in a block is its mean over
// slicesPerBlock slices, such as CPU time per message. Drift has 5 % over a run and is either a sinusoid
// with random phase and half to two periods, or a random walk.
type machine struct {
	effect float64
	// stolen is the fraction of the time in which slices are 30 % slower, in bursts of 4 slices on
	// average.
	stolen float64
	// slow is the fraction of sides of blocks that are 30 % slower throughout.
	slow float64
}

const (
	slicesPerBlock = 10 // per side
	burstSlices    = 4
)

// pairs returns the log-ratios of n pairs, each a block of slices in the order A B, B A, A B, …
func (m machine) pairs(rng *rand.Rand, n int) []float64 {
	drift := drifting(rng, 2*n*slicesPerBlock)
	burst := false
	logs := make([]float64, n)
	for k := range logs {
		var sum [2]float64
		luck := [2]float64{m.luck(rng), m.luck(rng) + m.effect}
		for i := range 2 * slicesPerBlock {
			burst = m.burst(rng, burst)
			side := (i + i/2) % 2
			x := drift[2*slicesPerBlock*k+i] + luck[side] + 0.06*rng.NormFloat64()
			if burst {
				x += math.Log(1.3)
			}
			sum[side] += math.Exp(x)
		}
		logs[k] = math.Log(sum[1] / sum[0])
	}
	return logs
}

func (m machine) luck(rng *rand.Rand) float64 {
	x := 0.015 * rng.NormFloat64()
	if rng.Float64() < m.slow {
		x += math.Log(1.3)
	}
	return x
}

// burst returns whether CPU is stolen in the next slice.
func (m machine) burst(rng *rand.Rand, now bool) bool {
	if now {
		return rng.Float64() >= 1.0/burstSlices
	}
	return rng.Float64() < m.stolen/(1-m.stolen)/burstSlices
}

func drifting(rng *rand.Rand, slices int) []float64 {
	drift := make([]float64, slices)
	if rng.IntN(2) == 0 {
		phase, periods := 2*math.Pi*rng.Float64(), 0.5+1.5*rng.Float64()
		for i := range drift {
			drift[i] = 0.05 * math.Sin(phase+2*math.Pi*periods*float64(i)/float64(slices))
		}
		return drift
	}
	for i := 1; i < slices; i++ {
		drift[i] = drift[i-1] + 0.05*rng.NormFloat64()/math.Sqrt(float64(slices))
	}
	return drift
}

const trials = 2000

// simulate counts the outcomes of many gates, each evaluated at rule.Looks until it decides.
func simulate(t *testing.T, name string, rule Rule, machines ...machine) map[Outcome]int {
	t.Helper()
	return simulateFloor(t, name, rule, 0.05, machines...)
}

// simulateFloor is simulate with a floor other than 5 %.
func simulateFloor(t *testing.T, name string, rule Rule, floor float64, machines ...machine) map[Outcome]int {
	t.Helper()
	rng := rand.New(rand.NewPCG(31, uint64(len(name))))
	spread := deviation(machines[0].pairs(rng, 1000))
	floors := make([]float64, len(machines))
	for i := range floors {
		floors[i] = floor
	}
	counts, looked := map[Outcome]int{}, 0
	for range trials {
		all := make([][]float64, len(machines))
		for i, m := range machines {
			all[i] = m.pairs(rng, rule.Looks[len(rule.Looks)-1])
		}
		outcome := Inconclusive
		for _, n := range rule.Looks {
			logs := make([][]float64, len(all))
			for i := range all {
				logs[i] = all[i][:n]
			}
			looked++
			if outcome = Overall(rule.Decide(logs, floors)); outcome != Inconclusive {
				break
			}
		}
		counts[outcome]++
	}
	rate := func(o Outcome) float64 { return 100 * float64(counts[o]) / trials }
	t.Logf("%s (pairs ±%.1f %%): regression %.2f %%, pass %.2f %%, inconclusive %.2f %%, %.2f looks",
		name, 100*spread, rate(Regression), rate(Pass), rate(Inconclusive), float64(looked)/trials)
	return counts
}

func deviation(xs []float64) float64 {
	var sum, squares float64
	for _, x := range xs {
		sum, squares = sum+x, squares+x*x
	}
	n := float64(len(xs))
	return math.Sqrt(squares/n - sum*sum/n/n)
}

// rateBelow fails if the rate exceeds most with 99 % confidence.
func rateBelow(t *testing.T, name string, count int, most float64) {
	t.Helper()
	if p := binomialAtMost(trials, count, most); p > 0.01 {
		t.Errorf("%s: %d of %d, want at most %.3g (p = %.2g)", name, count, trials, most, p)
	}
}

var planned = Rule{Level: 0.05, Looks: []int{10, 15, 20}}

func TestGateUnderDrift(t *testing.T) {
	same := simulate(t, "A/A", planned, machine{})
	rateBelow(t, "false regressions", same[Regression], 0.01)
	rateBelow(t, "A/A without a pass", trials-same[Pass], 0.05)

	worse := simulate(t, "+10 %, 10 pairs", Rule{Level: 0.05, Looks: []int{10}}, machine{effect: math.Log(1.1)})
	rateBelow(t, "missed regressions", trials-worse[Regression], 0.05)
	looks := simulate(t, "+10 %, three looks", planned, machine{effect: math.Log(1.1)})
	rateBelow(t, "missed regressions", trials-looks[Regression], 0.05)
}

// If head is worse by exactly the floor, both outcomes are errors and each is bounded by the level.
func TestGateAtFloor(t *testing.T) {
	at := simulate(t, "+5 %, at the floor", planned, machine{effect: math.Log(1.05)})
	for outcome, count := range map[Outcome]int{Regression: at[Regression], Pass: at[Pass]} {
		if p := 1 - binomialAtMost(trials, count-1, planned.Level); p < 0.01 {
			t.Errorf("%s: %d of %d exceed the level", outcome, count, trials)
		}
	}
}

func TestGateWithThreeMetrics(t *testing.T) {
	same := simulate(t, "three metrics, A/A", planned, machine{}, machine{}, machine{})
	rateBelow(t, "false regressions", same[Regression], 0.01)
	rateBelow(t, "A/A without a pass", trials-same[Pass], 0.05)
	one := simulate(t, "three metrics, one +10 %", planned, machine{}, machine{effect: math.Log(1.1)}, machine{})
	rateBelow(t, "missed regressions", trials-one[Regression], 0.05)
	at := simulate(t, "three metrics at the floor", planned, machine{effect: math.Log(1.05)},
		machine{effect: math.Log(1.05)}, machine{effect: math.Log(1.05)})
	if p := 1 - binomialAtMost(trials, at[Regression]-1, planned.Level); p < 0.01 {
		t.Errorf("any of three metrics: %d of %d exceed the level", at[Regression], trials)
	}
}

// A gate of 48 pairs with half of the slowdown as its floor finds 5 %.
func TestGateFindsFivePercent(t *testing.T) {
	testrun.OnlyWithAll(t)
	long := Rule{Level: 0.05, Looks: []int{24, 36, 48}}
	for name, m := range map[string]machine{"quiet": {}, "beside bursts": {stolen: 0.15}} {
		same := simulateFloor(t, name+", A/A, floor 2.5 %", long, 0.025, m)
		rateBelow(t, "false regressions", same[Regression], 0.01)
		m.effect = math.Log(1.05)
		worse := simulateFloor(t, name+", +5 %, floor 2.5 %", long, 0.025, m)
		rateBelow(t, "missed regressions", trials-worse[Regression], 0.05)
	}
}

func TestGateUnderBursts(t *testing.T) {
	same := simulate(t, "bursts, A/A", planned, machine{stolen: 0.2})
	rateBelow(t, "false regressions", same[Regression], 0.01)
	worse := simulate(t, "bursts, +10 %", planned, machine{stolen: 0.2, effect: math.Log(1.1)})
	rateBelow(t, "missed regressions", trials-worse[Regression], 0.05)
}

func TestGateWithSlowRuns(t *testing.T) {
	same := simulate(t, "slow runs, A/A", planned, machine{slow: 0.1})
	rateBelow(t, "false regressions", same[Regression], 0.01)
	simulate(t, "slow runs, +10 %", planned, machine{slow: 0.1, effect: math.Log(1.1)})
}

func TestDecide(t *testing.T) {
	ten := func(x float64) []float64 { // distinct values around x
		xs := make([]float64, 10)
		for i, at := range []int{3, 7, 0, 9, 4, 1, 8, 5, 2, 6} {
			xs[i] = math.Log1p(x) + 0.001*(float64(at)-4.5)
		}
		return xs
	}
	rule := Rule{Level: 0.05, Looks: []int{10, 20}}
	for _, c := range []struct {
		name    string
		logs    [][]float64
		want    []Outcome
		overall Outcome
	}{
		{"no metrics", nil, nil, Inconclusive},
		{"no pairs", [][]float64{{}}, []Outcome{Inconclusive}, Inconclusive},
		{"equal", [][]float64{ten(0)}, []Outcome{Pass}, Pass},
		{"better", [][]float64{ten(-0.5)}, []Outcome{Pass}, Pass},
		{"worse", [][]float64{ten(0.1)}, []Outcome{Regression}, Regression},
		{"at the floor", [][]float64{ten(0.05)}, []Outcome{Inconclusive}, Inconclusive},
		{"one of two", [][]float64{ten(0), ten(0.1)}, []Outcome{Pass, Regression}, Regression},
		{"one inconclusive", [][]float64{ten(0), ten(0.05)}, []Outcome{Pass, Inconclusive}, Inconclusive},
		{"one without pairs", [][]float64{ten(0), nil}, []Outcome{Pass, Inconclusive}, Inconclusive},
		{"identical values", [][]float64{make([]float64, 10)}, []Outcome{Pass}, Pass},
	} {
		es := rule.Decide(c.logs, floorsOf5(len(c.logs)))
		var got []Outcome
		for _, e := range es {
			got = append(got, e.Outcome)
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) || Overall(es) != c.overall {
			t.Errorf("%s: outcomes %v, overall %v; want %v, %v", c.name, got, Overall(es), c.want, c.overall)
		}
	}
	e := rule.Decide([][]float64{ten(0.1)}, floorsOf5(1))[0]
	near(t, "ratio", e.Ratio, 1.1, 1e-3)
	near(t, "P", e.P, 1.0/1024, 1e-12)
	if e.N != 10 || e.Confidence < 0.95 || e.Low <= 1.05 || e.High < e.Ratio || len(e.Warnings) != 0 {
		t.Errorf("evidence = %+v", e)
	}
}

func floorsOf5(n int) []float64 {
	floors := make([]float64, n)
	for i := range floors {
		floors[i] = 0.05
	}
	return floors
}

func TestDecideWarns(t *testing.T) {
	rising := make([]float64, 10)
	follow := make([]float64, 40)
	for i := range rising {
		rising[i] = 0.01 * float64(i)
	}
	for i := range follow {
		follow[i] = math.Sin(float64(i) / 3)
	}
	other := []float64{5, -5, 6, -6, 4, -4, 7, -7, 3, -3}
	for _, c := range []struct {
		rule Rule
		logs []float64
		want string
	}{
		{Rule{Level: 0.05}, []float64{0, math.NaN(), math.Inf(1)}, "ignored 2 of 3 values"},
		{Rule{Level: 0.05}, nil, "no pairs"},
		{Rule{Level: 0.05}, []float64{1, 2, 3, 1.5}, "n = 4 cannot show a regression at level 0.05; at least 5 are needed"},
		{Rule{Level: 0.05, Looks: []int{4, 8}}, []float64{1, 2, 3, 1.5}, "6 are needed"},
		{Rule{Level: 0.05, Looks: []int{8}}, rising, "unplanned look at 10 pairs"},
		{Rule{Level: 0.05}, rising, "drift up"},
		{Rule{Level: 0.05}, follow, "autocorrelated"},
		{Rule{Level: 0.05}, other, "alternate"},
	} {
		warnings := fmt.Sprint(c.rule.Decide([][]float64{c.logs}, []float64{0.05})[0].Warnings)
		if !strings.Contains(warnings, c.want) {
			t.Errorf("Decide(%v) warnings = %s, want %q", c.logs, warnings, c.want)
		}
	}
	three := Rule{Level: 0.05}.Decide([][]float64{rising[:5], rising[:5], rising[:5]}, floorsOf5(3))
	if got := fmt.Sprint(three[0].Warnings); !strings.Contains(got, "6 are needed") {
		t.Errorf("three metrics with 5 pairs: warnings = %s, want 6 needed", got)
	}
}
