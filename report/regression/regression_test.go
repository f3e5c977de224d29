package regression_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rtbench/proto/record"
	"rtbench/report/metric"
	"rtbench/report/regression"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// side returns a result with one cell whose repetitions have about the given response time.
func side(t testing.TB, seed uint64, repetitions int, response time.Duration) *result.Result {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	c := &result.Cell{ID: "x/echo/tcp", Config: result.Config{Scenario: "x", Protocol: "tcp", Pattern: "echo", Model: "open", Rate: 1000}}
	for i := range repetitions {
		h := record.NewHistogram()
		slower := 1 + 0.02*rng.NormFloat64()
		for range 500 {
			if err := h.RecordValue(int64(float64(response) * slower * (1 + 0.05*rng.ExpFloat64()))); err != nil {
				t.Fatal(err)
			}
		}
		c.Repetitions = append(c.Repetitions, &result.Repetition{
			Index: i, Response: result.Wrap(h), Phases: result.Phases{Steady: time.Second}, Counters: result.Counters{Recorded: 500},
			Server: result.Resources{Known: true, CPU: time.Duration(500 * 20e3 * slower)},
		})
	}
	return &result.Result{Cells: []*result.Cell{c}}
}

// metrics returns p50, p99 and server_cpu.
func metrics() []metric.Metric {
	list, err := regression.MetricsNamed([]string{"p50", "p99", "server_cpu"})
	if err != nil {
		panic(err)
	}
	return list
}

func gate(floor float64) regression.Gate {
	return regression.Gate{
		Metrics: metrics(), Floor: floor, Rule: stats.Rule{Level: 0.05, Looks: regression.Looks(20)},
		Noise: regression.Noise{Metrics: []regression.MetricNoise{{Metric: "p50", Config: result.Config{Scenario: "x", Protocol: "tcp", Pattern: "echo", Model: "open", Rate: 1000}, Offset: math.Log(1.04)}}},
	}
}

func TestNoiseRaisesTheFloor(t *testing.T) {
	base := side(t, 1, 20, time.Millisecond)
	c := gate(regression.DefaultFloor).Decide(base, side(t, 2, 20, time.Millisecond))
	if math.Abs(c.Lines[0].Floor-0.08) > 1e-9 || c.Lines[1].Floor != regression.DefaultFloor {
		t.Errorf("floors %v and %v, want 0.08 (twice the noise) and 0.05", c.Lines[0].Floor, c.Lines[1].Floor)
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "unknown for 2 of 3 metrics") {
		t.Errorf("warnings = %q", c.Warnings)
	}
	cells := base.Cells
	if err := gate(0.05).Check(cells, true); err == nil || !strings.Contains(err.Error(), "finest floor that this machine supports is 0.080") {
		t.Errorf("floor below twice the noise: error %v", err)
	}
	if err := gate(0.09).Check(cells, true); err != nil {
		t.Errorf("floor above twice the noise: error %v", err)
	}
	if err := gate(0.05).Check(cells, false); err != nil {
		t.Errorf("default floor: error %v", err)
	}
	unknown := gate(0.01)
	unknown.Noise = regression.Noise{}
	if err := unknown.Check(cells, true); err == nil || !strings.Contains(err.Error(), "rtbench calibrate") {
		t.Errorf("low floor on an uncalibrated machine: error %v", err)
	}
	few := gate(0.05)
	few.Rule.Looks = regression.Looks(5)
	if err := few.Check(cells, false); err == nil || !strings.Contains(err.Error(), "use --pairs 6 or more") {
		t.Errorf("too few pairs: error %v", err)
	}
}

func TestInvalidPairsAreLeftOut(t *testing.T) {
	base, head := side(t, 1, 20, time.Millisecond), side(t, 2, 20, time.Millisecond)
	for i := range 11 {
		head.Cells[0].Repetitions[i].Validity.Discarded = true
	}
	c := gate(0.05).Decide(base, head)
	if c.LeftOut != 11 || c.Lines[0].N != 9 {
		t.Errorf("%d pairs left out and %d used, want 11 and 9", c.LeftOut, c.Lines[0].N)
	}
	c.Outcome, c.Lines[0].Outcome = stats.Pass, stats.Pass
	if why := c.Withhold(base, head); !strings.Contains(why, "11 of 20 pairs") || c.Withheld != why {
		t.Errorf("Withhold = %q", why)
	}
	if c.Outcome != stats.Inconclusive || c.Lines[0].Outcome != stats.Inconclusive {
		t.Errorf("outcome %s of withheld comparison, want inconclusive", c.Outcome)
	}
	if g := gate(0.05); g.Enough(base, head, 10) || !g.Enough(base, head, 9) {
		t.Error("9 usable pairs are miscounted")
	}
}

// A run with unusable tail percentiles still has a median.
func TestUnusableTailKeepsOtherMetrics(t *testing.T) {
	base, head := side(t, 1, 20, time.Millisecond), side(t, 2, 20, time.Millisecond)
	for i := range 5 {
		base.Cells[0].Repetitions[i].Validity = result.Validity{Unusable: []string{"p90", "p99", "p99.9", "p99.99", "max"}}
	}
	c := gate(0.05).Decide(base, head)
	if c.LeftOut != 0 || c.Lines[0].N != 20 || c.Lines[1].N != 15 || c.Lines[2].N != 20 {
		t.Errorf("%d pairs left out, want 0; %+v", c.LeftOut, c.Lines)
	}
}

func TestWatchStopsAtDecision(t *testing.T) {
	base, slow := side(t, 1, 20, time.Millisecond), side(t, 2, 20, 2*time.Millisecond)
	after := func(head *result.Result) int {
		w := gate(0.05).Start()
		for n := 1; n <= 20; n++ {
			b, h := *base.Cells[0], *head.Cells[0]
			b.Repetitions, h.Repetitions = b.Repetitions[:n], h.Repetitions[:n]
			if w.Done(&result.Result{Cells: []*result.Cell{&b}}, &result.Result{Cells: []*result.Cell{&h}}) {
				return n
			}
		}
		return 0
	}
	if n := after(slow); n != 10 {
		t.Errorf("twice as slow: decided after %d pairs, want 10", n)
	}
	if n := after(side(t, 3, 20, 1055*time.Microsecond)); n != 20 {
		t.Errorf("near the floor: ended after %d pairs, want 20", n)
	}
	slow.Cells[0].Repetitions[0].Error = "did not start"
	if n := after(slow); n != 1 {
		t.Errorf("failed server: stopped after %d pairs, want 1", n)
	}
}

// Results without common cells, or with a missing cell, do not pass.
func TestEmptyComparisonsDoNotPass(t *testing.T) {
	base, other := side(t, 1, 10, time.Millisecond), side(t, 1, 10, time.Millisecond)
	other.Cells[0].ID = "y/echo/tcp"
	for _, c := range []regression.Comparison{
		gate(0.05).Decide(base, other), gate(0.05).Decide(&result.Result{}, &result.Result{}),
		regression.CompareStored(base, other, metrics(), regression.Noise{}, 0.2, 0.05),
	} {
		if c.Outcome != stats.Inconclusive || len(c.Lines) != 0 {
			t.Errorf("no common cells: %s with %d lines", c.Outcome, len(c.Lines))
		}
	}
	half := side(t, 2, 10, time.Millisecond)
	base.Cells = append(base.Cells, other.Cells[0])
	c := regression.CompareStored(base, half, metrics(), regression.Noise{}, 0.2, 0.05)
	if c.Outcome != stats.Inconclusive || len(c.Lines) != 3 {
		t.Errorf("one cell missing: %s with %d lines", c.Outcome, len(c.Lines))
	}
}

func TestCompareStored(t *testing.T) {
	base := side(t, 1, 10, time.Millisecond)
	for _, c := range []struct {
		response time.Duration
		want     stats.Outcome
	}{{time.Millisecond, stats.Pass}, {1500 * time.Microsecond, stats.Regression}, {1180 * time.Microsecond, stats.Inconclusive}} {
		got := regression.CompareStored(base, side(t, 2, 10, c.response), metrics(), regression.Noise{}, regression.StoredFloor, 0.05)
		if got.Outcome != c.want || got.Interleaved || !strings.HasPrefix(got.Warnings[0], "not interleaved") {
			t.Errorf("%v against 1 ms: %s, want %s; warnings %q", c.response, got.Outcome, c.want, got.Warnings)
		}
	}
}

func TestMeasureNoise(t *testing.T) {
	base := side(t, 1, 20, time.Millisecond)
	equal := regression.MeasureNoise(base, side(t, 2, 20, time.Millisecond), metrics())
	// 2 % on each side is 2.8 % between them, and 1.8 % over ten pairs.
	if n, known := equal.Of(base.Cells[0], regression.Metrics[0]); !known || n.Of(10) < 0.005 || n.Of(10) > 0.04 || n.Of(100) > n.Of(10)/2 {
		t.Errorf("identical sides: noise %+v", n)
	}
	other := regression.MeasureNoise(base, side(t, 2, 20, 1100*time.Microsecond), metrics())
	if n, _ := other.Of(base.Cells[0], regression.Metrics[0]); n.Of(1000) < 0.08 {
		t.Errorf("second side 10 %% slower: noise %+v", n)
	}
	if n := regression.MeasureNoise(side(t, 1, 5, 1), side(t, 2, 5, 1), regression.Metrics); len(n.Metrics) > 0 {
		t.Errorf("five pairs: noise %+v, want none", n)
	}
	otherLoad := *base.Cells[0]
	otherLoad.Config.Rate = 2000
	if _, known := equal.Of(&otherLoad, regression.Metrics[0]); known {
		t.Error("noise of another load is used")
	}
}

func TestCalibrationAppliesToOneMachine(t *testing.T) {
	here := result.Environment{CPU: "a", Cores: 2, FileLimit: 5}
	noise := func(rate, n float64) regression.Noise {
		return regression.Noise{Metrics: []regression.MetricNoise{{Metric: "p50", Config: result.Config{Rate: rate}, Spread: n}}}
	}
	old := regression.Calibration{Environment: here, Noise: noise(1, 0.1)}
	here.FileLimit = 7 // still the same machine
	if n := old.Add(regression.Calibration{Environment: here, Noise: noise(2, 0.2)}); len(n.Noise.Metrics) != 2 {
		t.Errorf("added another load: %+v", n.Noise)
	}
	if n := old.Add(regression.Calibration{Environment: here, Noise: noise(1, 0.3)}); len(n.Noise.Metrics) != 1 || n.Noise.Metrics[0].Spread != 0.3 {
		t.Errorf("measured again: %+v", n.Noise)
	}
	there := result.Environment{CPU: "b", Cores: 2}
	if n := old.NoiseOn(there); len(n.Metrics) > 0 {
		t.Errorf("noise on another machine: %+v, want none", n)
	}
	b, err := old.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if back, err := regression.DecodeCalibration(b); err != nil || back.Noise.Metrics[0].Spread != 0.1 {
		t.Errorf("DecodeCalibration: %+v, %v", back, err)
	}
	for _, bad := range []string{"", "{}", `{"version": 1}`, "[]", `{"version": "x"}`} {
		if _, err := regression.DecodeCalibration([]byte(bad)); err == nil {
			t.Errorf("DecodeCalibration(%q) returned no error", bad)
		}
	}
}

// Unknown values are null.
func TestComparisonIsJSON(t *testing.T) {
	base, head := side(t, 1, 1, time.Millisecond), side(t, 2, 1, time.Millisecond)
	head.Cells[0].Repetitions[0].Server.Known = false
	b, err := json.Marshal(gate(0.05).Decide(base, head))
	if err != nil || !strings.Contains(string(b), `"head":null`) {
		t.Errorf("JSON %s, error %v", b, err)
	}
}

func TestMetricsNamed(t *testing.T) {
	if f, err := regression.MetricsNamed([]string{"p99", "p50"}); err != nil || f[0].Name != "p99" || len(f) != 2 {
		t.Errorf("%v, %v", f, err)
	}
	if f, err := regression.MetricsNamed(nil); err != nil || len(f) != len(metric.In(metric.Gate)) || f[0].Name != "p50" {
		t.Errorf("default metrics: %v, %v", f, err)
	}
	if _, err := regression.MetricsNamed([]string{"p98"}); err == nil || !strings.Contains(err.Error(), "expected one of p50, p90, p99, throughput") {
		t.Errorf("%v", err)
	}
}

func FuzzDecodeCalibration(f *testing.F) {
	b, _ := regression.Calibration{Noise: gate(0.05).Noise}.Encode()
	f.Add(b)
	f.Add([]byte(`{"version": 2, "noise": {"metrics": [{"spread": 1e300, "offset": -1e300}]}}`))
	f.Fuzz(func(_ *testing.T, b []byte) {
		c, err := regression.DecodeCalibration(b)
		if err != nil {
			return
		}
		for _, n := range c.Noise.Metrics {
			_ = n.Of(10)
		}
		_, _, _ = c.Noise.Finest(nil, metrics(), 10)
	})
}

// onTwoMachines returns a result whose repetitions alternate between a machine that takes a third longer and
// one that does not, beginning with the slower one or not.
func onTwoMachines(t testing.TB, seed uint64, n int, response time.Duration, slowerFirst bool) *result.Result {
	t.Helper()
	fast, slow := side(t, seed, n, response), side(t, seed, n, response*4/3)
	for i := range fast.Cells[0].Repetitions {
		if (i%2 == 0) == slowerFirst {
			fast.Cells[0].Repetitions[i] = slow.Cells[0].Repetitions[i]
		}
	}
	return fast
}

// If base and head swap machines, the difference of the machines is no difference of the servers, and hides
// none. A pair whose counterpart is not used is left out.
func TestCrossoverCancelsTheMachines(t *testing.T) {
	g := gate(0.05)
	g.Noise, g.Metrics, g.Crossover, g.Rule.Looks = regression.Noise{}, g.Metrics[:1], true, regression.Looks(10)
	base := onTwoMachines(t, 1, 20, time.Millisecond, true)
	for want, response := range map[stats.Outcome]time.Duration{stats.Pass: time.Millisecond, stats.Regression: 1150 * time.Microsecond} {
		c := g.Decide(base, onTwoMachines(t, 2, 20, response, false))
		l := c.Lines[0]
		if c.Outcome != want || l.N != 10 || math.Abs(float64(l.Ratio)-float64(response)/1e6) > 0.02 || !c.Crossover {
			t.Errorf("head takes %v: %s, ratio %v of %d samples", response, c.Outcome, l.Ratio, l.N)
		}
		if l.Floor > 0.06 {
			t.Errorf("the machines raise the floor to %v", l.Floor)
		}
	}
	head := onTwoMachines(t, 2, 20, time.Millisecond, false)
	head.Cells[0].Repetitions[4].Validity.Discarded = true
	base.Cells[0].Repetitions[7].Validity.Discarded = true
	if g.Enough(base, head, 9) || !g.Enough(base, head, 8) {
		t.Error("8 usable samples are miscounted")
	}
	if c := g.Decide(base, head); c.Lines[0].N != 8 || c.Pairs != 20 || c.LeftOut != 2 {
		t.Errorf("%d samples of %d pairs, %d left out", c.Lines[0].N, c.Pairs, c.LeftOut)
	}
}
