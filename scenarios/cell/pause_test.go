package cell_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"rtbench/scenarios/cell"
)

func TestPause(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, written string
		mean, most    time.Duration
		least         time.Duration
		deviation     float64 // in ns
	}{
		{"0", "0s", 0, 0, 0, 0},
		{"10ms", "10ms", 10e6, 10e6, 10e6, 0},
		{"exponential(10ms)", "exponential(10ms)", 10e6, 200e6, 0, 10e6},
		{"uniform(5ms,20ms)", "uniform(5ms, 20ms)", 12.5e6, 20e6, 5e6, 15e6 / math.Sqrt(12)},
		{"uniform(0, 1s)", "uniform(0s, 1s)", 0.5e9, 1e9, 0, 1e9 / math.Sqrt(12)},
	} {
		p, err := cell.ParsePause(c.text)
		if err != nil || p.String() != c.written || p.Mean() != c.mean || p.Most() != c.most {
			t.Errorf("%s: %v, mean %v, most %v, %v", c.text, p, p.Mean(), p.Most(), err)
		}
		r, again := rand.NewPCG(1, 2), rand.NewPCG(1, 2)
		const n = 20_000
		var sum, squares float64
		for range n {
			d := p.Draw(r)
			if d < c.least || d > c.most || d != p.Draw(again) {
				t.Fatalf("%s: drew %v", c.text, d)
			}
			sum += float64(d)
			squares += math.Pow(float64(d-c.mean), 2)
		}
		if math.Abs(sum/n-float64(c.mean)) > 5*c.deviation/math.Sqrt(n) {
			t.Errorf("%s: a mean of %v", c.text, time.Duration(sum/n))
		}
		if d := math.Sqrt(squares / n); math.Abs(d-c.deviation) > 0.05*c.deviation {
			t.Errorf("%s: a deviation of %v, want %v", c.text, time.Duration(d), time.Duration(c.deviation))
		}
	}
}

func FuzzParsePause(f *testing.F) {
	for _, text := range []string{"10ms", "exponential(10ms)", "uniform(5ms, 20ms)", "uniform(20ms, 5ms)", "exponential(0s)", "uniform(", "normal(1ms)", "1e9h", "exponential(24h)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := cell.ParsePause(text)
		if err != nil {
			return
		}
		if p.Most() < p.Mean() || p.Mean() < 0 || p.Most() > 24*time.Hour {
			t.Fatalf("%s: mean %v, most %v", text, p.Mean(), p.Most())
		}
		if d := p.Draw(rand.NewPCG(1, 1)); d < 0 || d > p.Most() {
			t.Fatalf("%s: drew %v", text, d)
		}
		if again, err := cell.ParsePause(p.String()); err != nil || again != p {
			t.Fatalf("%s: written as %s: %v, %v", text, p, again, err)
		}
	})
}
