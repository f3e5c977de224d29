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
	fixed int // if draw is nil
	draw  func(r *rand.PCG) float64
}

// Draw returns a size from 0 to 1 MiB, clipped and rounded. It allocates nothing. r may be nil if
// the size is fixed.
func (s Size) Draw(r *rand.PCG) int {
	if s.draw == nil {
		return s.fixed
	}
	return int(math.Round(min(max(s.draw(r), 0), proto.MaxSize)))
}

// A distribution is a row of the table of distributions.
type distribution struct {
	name string
	form string
	make func(a, b float64) (draw func(*rand.PCG) float64)
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

func uniform(least, most float64) func(*rand.PCG) float64 {
	span := int(most-least) + 1
	return func(r *rand.PCG) float64 { return least + float64(below(r, span)) }
}

func normal(mean, deviation float64) func(*rand.PCG) float64 {
	return func(r *rand.PCG) float64 { return mean + deviation*rand.New(r).NormFloat64() }
}

func lognormal(median, sigma float64) func(*rand.PCG) float64 {
	return func(r *rand.PCG) float64 { return median * math.Exp(sigma*rand.New(r).NormFloat64()) }
}

func exponential(mean, _ float64) func(*rand.PCG) float64 {
	return func(r *rand.PCG) float64 { return mean * rand.New(r).ExpFloat64() }
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
