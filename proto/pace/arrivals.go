package pace

import (
	"fmt"
	"math"
	"strconv"

	"rtbench/internal/lazyregexp"
)

// Arrivals names the distribution of the gaps between the messages of all streams together:
// constant, poisson or gamma(cv=NUMBER).
type Arrivals string

// The distributions without a parameter.
const (
	Constant Arrivals = "constant" // evenly spaced
	Poisson  Arrivals = "poisson"  // independent of each other, like many users
)

// The least and the greatest coefficient of variation of gamma arrivals.
const minCV, maxCV = 0.1, 10

var gammaForm = lazyregexp.New(`^gamma\(cv=(\d{1,2}(?:\.\d{1,6})?)\)$`)

// Gamma returns arrivals whose gaps have a gamma distribution with a coefficient of variation:
// below 1 they are more regular than poisson, above 1 they come in clusters.
func Gamma(cv float64) Arrivals {
	return Arrivals("gamma(cv=" + strconv.FormatFloat(cv, 'f', -1, 64) + ")")
}

// ParseArrivals parses the name of a distribution, or of the arrivals of a trace. The zero value is
// constant.
func ParseArrivals(text string) (Arrivals, error) {
	if a := Arrivals(text); a == "" || a == Replayed || a == Constant || a == Poisson {
		return a, nil
	}
	if m := gammaForm.FindStringSubmatch(text); m != nil {
		if cv, err := strconv.ParseFloat(m[1], 64); err == nil && cv >= minCV && cv <= maxCV {
			return Gamma(cv), nil
		}
	}
	return "", fmt.Errorf("unknown arrivals (found %q); expected %s, %s or gamma(cv=NUMBER) with a number from %v to %v", text, Constant, Poisson, minCV, maxCV)
}

// GammaShape returns the shape of the gamma distribution, and false for other arrivals.
func (a Arrivals) GammaShape() (shape float64, ok bool) {
	m := gammaForm.FindStringSubmatch(string(a))
	if m == nil {
		return 0, false
	}
	cv, err := strconv.ParseFloat(m[1], 64)
	return 1 / (cv * cv), err == nil && !math.IsInf(1/(cv*cv), 0)
}
