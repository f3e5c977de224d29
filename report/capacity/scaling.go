package capacity

import (
	"math"

	"rtbench/proto/quantity"
	"rtbench/report/metric"
)

// A Scaling is a fit of the Universal Scalability Law, X(N) = λN / (1 + σ(N−1) + κN(N−1)), to the
// throughput X of N streams in a closed loop: σ is the share of work that is serial (contention), κ the
// cost of agreement between streams (coherency). See Gunther, "Guerrilla Capacity Planning" (2007).
type Scaling struct {
	One, Contention, Coherency float64 // λ, σ, κ
	// Error is the largest relative error of the throughput at any point, Points their number.
	Error  float64
	Points int
}

// Peak returns the number of streams with the highest throughput; +Inf if it only levels off.
func (s Scaling) Peak() float64 {
	if s.Coherency <= 0 {
		return math.Inf(1)
	}
	return math.Sqrt((1 - s.Contention) / s.Coherency)
}

const (
	fewestPoints = 5
	// mostError is the largest error of a fit that is shown.
	mostError = 0.1
)

// Scaling returns the fit for a subject, or the reason why there is none. axis is that of the search.
func (s *Subject) Scaling(axis string) (fit Scaling, why string) {
	if axis != "load.connections" && axis != "load.streams" || s.Points[0].Config.Model != "closed" {
		return fit, "it relates throughput to concurrency: vary load.connections in a closed loop"
	}
	var n, x []float64
	for _, p := range s.Points {
		if v := metric.For(quantity.Throughput).Value(p.Cell); v > 0 {
			n, x = append(n, float64(p.Config.Connections*p.Config.Streams)), append(x, v)
		}
	}
	if len(n) < fewestPoints {
		return fit, "too few loads were measured"
	}
	fit, ok := fitScaling(n, x)
	if !ok || fit.Error > mostError {
		return fit, "it does not fit: throughput does not level off as it says"
	}
	return fit, ""
}

// fitScaling fits N/X = a + bN + cN² by least squares of the relative errors, with c ≥ 0.
func fitScaling(n, x []float64) (s Scaling, ok bool) {
	a, b, c, ok := leastSquares(n, x, 3)
	if ok && c < 0 {
		a, b, c, ok = leastSquares(n, x, 2)
	}
	s = Scaling{One: 1 / (a + b + c), Points: len(n)}
	s.Coherency = c * s.One
	s.Contention = (b + c) * s.One
	if !ok || !(s.One > 0) || s.Contention < -0.01 || s.Contention > 1 {
		return s, false
	}
	s.Contention = max(0, s.Contention)
	for i := range n {
		s.Error = max(s.Error, math.Abs(s.at(n[i])/x[i]-1))
	}
	return s, true
}

func (s Scaling) at(n float64) float64 {
	return s.One * n / (1 + s.Contention*(n-1) + s.Coherency*n*(n-1))
}

// leastSquares solves the normal equations of y = n/x on the first terms of 1, n, n², each equation
// weighted with 1/y.
func leastSquares(n, x []float64, terms int) (a, b, c float64, ok bool) {
	var m [3][4]float64
	for i := range n {
		y := n[i] / x[i]
		row := [3]float64{1 / y, n[i] / y, n[i] * n[i] / y}
		for j := range terms {
			for k := range terms {
				m[j][k] += row[j] * row[k]
			}
			m[j][3] += row[j]
		}
	}
	for j := range terms {
		if math.Abs(m[j][j]) < 1e-300 {
			return 0, 0, 0, false
		}
		for r := range terms {
			if r == j {
				continue
			}
			f := m[r][j] / m[j][j]
			for k := range m[r] {
				m[r][k] -= f * m[j][k]
			}
		}
	}
	var out [3]float64
	for j := range terms {
		out[j] = m[j][3] / m[j][j]
	}
	return out[0], out[1], out[2], true
}
