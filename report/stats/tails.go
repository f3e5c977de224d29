package stats

import (
	"math"
)

// binomialAtMost returns P(Binomial(n, p) ≤ k) to about 13 digits. It computes the term at k in
// saddle-point form and the others from their ratios, summing away from the mode so that terms only
// shrink.
func binomialAtMost(n, k int, p float64) float64 { return binomialSum(n, k, p, 1-p) }

// binomialSum takes q = 1 − p separately, so that swapping the tails loses no digits.
func binomialSum(n, k int, p, q float64) float64 {
	switch {
	case k < 0:
		return 0
	case k >= n:
		return 1
	case float64(k) > float64(n)*p:
		return 1 - binomialSum(n, n-k-1, q, p)
	}
	term := binomialTerm(n, k, p, q)
	sum := term
	for i := k; i > 0; i-- {
		term *= float64(i) / float64(n-i+1) * q / p
		if sum += term; term <= 1e-18*sum {
			break
		}
	}
	return sum
}

// binomialTerm returns P(Binomial(n, p) = k) for 0 < p < 1, q = 1 − p and k < n. Differences of
// log-factorials would lose 8 digits at n = 10 million.
//
// Source: Loader, Fast and Accurate Computation of Binomial Probabilities, 2000.
func binomialTerm(n, k int, p, q float64) float64 {
	x, m := float64(k), float64(n)
	if k == 0 {
		return math.Exp(m * math.Log1p(-p))
	}
	log := stirlingError(m) - stirlingError(x) - stirlingError(m-x) -
		deviance(x, m*p) - deviance(m-x, m*q)
	return math.Exp(log) * math.Sqrt(m/(2*math.Pi*x*(m-x)))
}

// stirlingError returns ln n! minus Stirling's approximation.
func stirlingError(n float64) float64 {
	if n < 16 {
		g, _ := math.Lgamma(n + 1)
		return g - (n+0.5)*math.Log(n) + n - math.Log(2*math.Pi)/2
	}
	nn := n * n
	return (1.0/12 - (1.0/360-(1.0/1260-(1.0/1680-1.0/1188/nn)/nn)/nn)/nn) / n
}

// deviance returns x·ln(x/m) + m − x, also accurate for x near m.
func deviance(x, m float64) float64 {
	d := x - m
	if math.Abs(d) >= 0.1*(x+m) {
		return x*math.Log(x/m) - d
	}
	v := d / (x + m)
	sum, term := d*v, 2*x*v
	for j := 1; ; j++ {
		term *= v * v
		next := sum + term/float64(2*j+1)
		if next == sum {
			return sum
		}
		sum = next
	}
}

// chiSquareTail returns P(χ² ≥ x) with df degrees of freedom.
func chiSquareTail(x float64, df int) float64 { return gammaTail(float64(df)/2, x/2) }

// GammaCDF returns the probability that a gamma variable of the given shape, above 0, and scale 1 is
// at most y.
func GammaCDF(shape, y float64) float64 { return 1 - gammaTail(shape, y) }

// gammaTail returns the regularized upper incomplete gamma function Q(a, y). It uses the series
// below the middle and the continued fraction (Lentz's method) above.
//
// Source: Abramowitz and Stegun 6.5.29, 6.5.31; Numerical Recipes, section 6.2.
func gammaTail(a, y float64) float64 {
	if y <= 0 {
		return 1
	}
	g, _ := math.Lgamma(a)
	scale := math.Exp(a*math.Log(y) - y - g)
	if y < a+1 {
		return max(0, 1-scale*gammaSeries(a, y))
	}
	return scale * gammaFraction(a, y)
}

func gammaSeries(a, y float64) float64 {
	term := 1 / a
	sum := term
	for n := a + 1; term > 1e-17*sum; n++ {
		term *= y / n
		sum += term
	}
	return sum
}

func gammaFraction(a, y float64) float64 {
	b := y + 1 - a
	c, d := math.Inf(1), 1/b
	h := d
	for i := 1.0; i < 1e5; i++ {
		step := -i * (i - a)
		b += 2
		d = 1 / (step*d + b)
		c = b + step/c
		h *= c * d
		if math.Abs(c*d-1) < 1e-15 {
			break
		}
	}
	return h
}

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
