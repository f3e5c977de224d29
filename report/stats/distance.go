package stats

import "math"

// KolmogorovP is the p-value of a Kolmogorov-Smirnov distance d, the largest
// difference between the distribution function of n independent values and a
// fully known continuous one: how likely it is that far, or farther, if that is
// if they come from. It is the limiting distribution at Stephens' modified
// distance d·(√n + 0.12 + 0.11/√n), good to about 0.01·p in the upper tail from
// n = 5 on.
//
// Source: Kolmogorov 1933; Stephens, J. R. Statist. Soc. B 32 (1970) 115.
func KolmogorovP(n int, d float64) float64 { return kolmogorovTail(d * stephens(n)) }

// KolmogorovCritical is the distance that KolmogorovP gives the p-value level:
// n values of the known distribution are farther from it with that probability.
// It takes 0 < level < 1 and n ≥ 1.
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

// kolmogorovTail is P(K ≥ x) of the limiting distribution, by whichever of its
// two series settles at once.
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
	for k := 4.0; k >= 1; k-- { // from the inside out, the signs alternate
		sum = math.Exp(-2*k*k*x*x) - sum
	}
	return 2 * sum
}

// AndersonDarling is the Anderson-Darling distance of independent values from a
// fully known continuous distribution, us being their probability transforms
// F(x), in any order: a2 is A², which weighs the tails more than
// Kolmogorov-Smirnov does, and p its p-value, how likely A² is that large, or
// larger, if the values come from F. p is good to about 0.0005 from n = 3 on (for
// fewer, in the tail only), and is never less than about 0.0006/n. A u of 0 or 1
// gives +Inf and 0; none, or one outside [0, 1], gives NaN. us is not modified.
//
// Source: Anderson and Darling 1954; the distribution, with its correction for
// finite n, by Marsaglia and Marsaglia, J. Statistical Software 9/2 (2004).
func AndersonDarling(us []float64) (a2, p float64) {
	s := sorted(us)
	n := len(s)
	if n == 0 || !(s[0] >= 0 && s[n-1] <= 1) {
		return math.NaN(), math.NaN()
	}
	sum := 0.0
	for i, u := range s {
		sum += float64(2*i+1) * (math.Log(u) + math.Log1p(-s[n-1-i]))
	}
	a2 = -float64(n) - sum/float64(n)
	if math.IsInf(a2, 1) {
		return a2, 0
	}
	tail := andersonTail(a2)
	return a2, min(1, max(0, tail-andersonFix(float64(n), 1-tail)))
}

// andersonTail is P(A² ≥ z) in the limit of many values.
func andersonTail(z float64) float64 {
	switch {
	case z <= 0:
		return 1
	case z < 2:
		return 1 - math.Exp(-1.2337141/z)/math.Sqrt(z)*
			horner(z, 2.00012, .247105, -.0649821, .0347962, -.011672, .00168691)
	}
	return -math.Expm1(-math.Exp(horner(z, 1.0776, -2.30695, .43424, -.082433, .008056, -.0003146)))
}

// andersonFix is what P(A² < z) of n values is more than its limit x.
func andersonFix(n, x float64) float64 {
	if x > 0.8 {
		return horner(x, -130.2137, 745.2337, -1705.091, 1950.646, -1116.360, 255.7844) / n
	}
	c := .01265 + .1757/n
	if x < c {
		t := x / c
		return math.Sqrt(t) * (1 - t) * (49*t - 102) * (.0037/(n*n) + .00078/n + .00006) / n
	}
	t := (x - c) / (.8 - c)
	return horner(t, -.00022633, 6.54034, -14.6538, 14.458, -8.259, 1.91864) * (.04213 + .01365/n) / n
}

// horner is the polynomial with the coefficients c, of the constant first, at x.
func horner(x float64, c ...float64) float64 {
	sum := 0.0
	for i := len(c) - 1; i >= 0; i-- {
		sum = sum*x + c[i]
	}
	return sum
}
