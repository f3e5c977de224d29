package template

import (
	"math"
	"math/bits"
	"math/rand/v2"

	"rtbench/proto"
)

// A Size is a number of bytes, or a distribution to draw one from for each message. It is
// immutable and safe for concurrent use. The zero value is always 0.
type Size struct {
	text string
	draw func(r *rand.PCG) float64
	max  int
}

// String returns the size as written, 0 for the zero value.
func (s Size) String() string {
	if s.text == "" {
		return "0"
	}
	return s.text
}

// Draw returns a size from 0 to 1 MiB, clipped and rounded. It allocates nothing. r may be nil if
// the size is fixed.
func (s Size) Draw(r *rand.PCG) int {
	if s.draw == nil {
		return s.max
	}
	return int(math.Round(min(max(s.draw(r), 0), proto.MaxSize)))
}

// Max returns the maximum of Draw: 1 MiB for distributions with a tail.
func (s Size) Max() int { return s.max }

// Fixed reports whether Draw always returns the same size.
func (s Size) Fixed() bool { return s.draw == nil }

// A distribution is a row of the table of distributions.
type distribution struct {
	name string
	form string
	make func(a, b float64) (draw func(*rand.PCG) float64, most float64)
	// second is the kind of the second parameter: a size not below the first, any size, a number,
	// or none.
	second parameter
}

type parameter uint8

const (
	noSecond parameter = iota
	upperSize
	anySize
	plainNumber
)

var distributions = []distribution{
	{"uniform", "uniform(LEAST, MOST) such as uniform(100, 2KiB)", uniform, upperSize},
	{"normal", "normal(MEAN, DEVIATION) such as normal(1KiB, 200)", normal, anySize},
	{"lognormal", "lognormal(MEDIAN, SIGMA) such as lognormal(1KiB, 0.5), SIGMA from 0 to 10", lognormal, plainNumber},
	{"exponential", "exponential(MEAN) such as exponential(1KiB)", exponential, noSecond},
}

func uniform(least, most float64) (func(*rand.PCG) float64, float64) {
	span := int(most-least) + 1
	return func(r *rand.PCG) float64 { return least + float64(below(r, span)) }, most
}

func normal(mean, deviation float64) (func(*rand.PCG) float64, float64) {
	return func(r *rand.PCG) float64 { return mean + deviation*rand.New(r).NormFloat64() }, proto.MaxSize
}

func lognormal(median, sigma float64) (func(*rand.PCG) float64, float64) {
	return func(r *rand.PCG) float64 { return median * math.Exp(sigma*rand.New(r).NormFloat64()) }, proto.MaxSize
}

func exponential(mean, _ float64) (func(*rand.PCG) float64, float64) {
	return func(r *rand.PCG) float64 { return mean * rand.New(r).ExpFloat64() }, proto.MaxSize
}

// choose draws one of the sizes; until holds the cumulative weights, up to 1.
func choose(sizes, until []float64) func(*rand.PCG) float64 {
	return func(r *rand.PCG) float64 {
		drawn := unit(r)
		for i, u := range until {
			if drawn < u {
				return sizes[i]
			}
		}
		return sizes[len(sizes)-1]
	}
}

// unit draws from [0, 1).
func unit(r *rand.PCG) float64 {
	high, _ := bits.Mul64(r.Uint64(), 1<<53)
	return float64(high) / (1 << 53)
}
