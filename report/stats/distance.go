package stats

import "math"

// KolmogorovCritical returns the critical distance of the Kolmogorov-Smirnov test: the empirical
// distribution of n independent values of a fully known continuous distribution is farther from it
// with probability level, for 0 < level < 1 and n ≥ 1.
//
// It inverts the limiting distribution at Stephens' modified distance d·(√n + 0.12 + 0.11/√n),
// whose upper tail is accurate to about 0.01·p for n ≥ 5.
//
// Source: Kolmogorov 1933; Stephens, J. R. Statist. Soc. B 32 (1970) 115.
func KolmogorovCritical(n int, level float64) float64 {
	low, high := 0.0, 10.0
	for range 100 {
		if mid := (low + high) / 2; kolmogorovTail(mid) > level {
			low = mid
		} else {
			high = mid
		}
	}
	return high / stephens(n)
}

func stephens(n int) float64 {
	root := math.Sqrt(float64(n))
	return root + 0.12 + 0.11/root
}

// kolmogorovTail returns P(K ≥ x) of the limiting distribution, using the series that converges
// fast at x.
func kolmogorovTail(x float64) float64 {
	if x <= 0 {
		return 1
	}
	sum := 0.0
	if x < 1.18 {
		for k := 1.0; k <= 7; k += 2 {
			sum += math.Exp(-k * k * math.Pi * math.Pi / (8 * x * x))
		}
		return 1 - math.Sqrt(2*math.Pi)/x*sum
	}
	for k := 4.0; k >= 1; k-- { // innermost term first; the signs alternate
		sum = math.Exp(-2*k*k*x*x) - sum
	}
	return 2 * sum
}
