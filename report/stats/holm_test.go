package stats

import (
	"fmt"
	"math"
	"testing"
)

func TestHolm(t *testing.T) {
	for _, c := range []struct{ ps, want []float64 }{
		{nil, []float64{}},
		{[]float64{0.03}, []float64{0.03}},
		{[]float64{0.01, 0.04, 0.03, 0.005}, []float64{0.03, 0.06, 0.06, 0.02}},
		{[]float64{0.9, 0.5, math.NaN()}, []float64{1, 1, 1}},
	} {
		got := Holm(c.ps)
		for i := range got {
			near(t, fmt.Sprintf("Holm(%v)[%d]", c.ps, i), got[i], c.want[i], 1e-15)
		}
		if len(got) != len(c.want) {
			t.Errorf("Holm(%v) = %v, want %v", c.ps, got, c.want)
		}
	}
}
