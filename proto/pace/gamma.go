package pace

import (
	"math"
	"math/rand/v2"
)

// gammaArrivals yields every of-th arrival of a renewal process of rate 1 with gamma-distributed
// gaps. The shares of a process take each of its arrivals once, although they share no state: the
// sum of of gaps, a block, is gamma-distributed too, and a share finds its place in the block by
// splitting the sum at random, as a beta distribution says, about log2(of) times. Every share draws
// the same numbers for the same split (the bridge of a gamma process: Avramidis, L'Ecuyer and
// Tremblay, Efficient simulation of gamma and variance-gamma processes, 2003).
type gammaArrivals struct {
	shape     float64 // of a gap
	share, of uint64
	seed      uint64
	block     uint64
	before    float64 // time of the block's first arrival
	source    rand.PCG
	random    *rand.Rand // on source
}

func newGammaArrivals(shape float64, seed int64, share, of int) *gammaArrivals {
	g := &gammaArrivals{shape: shape, share: uint64(share % max(of, 1)), of: uint64(max(of, 1)), seed: uint64(seed)}
	g.random = rand.New(&g.source)
	// The process began long ago, so that the rate is 1 from the start: a gap that covers time 0 is
	// chosen with its length as the weight, and time 0 is anywhere in it.
	g.draw(math.MaxUint64, 0)
	g.before = g.random.Float64() * math.Exp(g.logGamma(shape+1)) / shape
	return g
}

// next returns the time of the share's next arrival.
func (g *gammaArrivals) next() float64 {
	g.draw(g.block, 0)
	sum := math.Exp(g.logGamma(float64(g.of)*g.shape)) / g.shape
	at := g.before + g.within(sum)
	g.before += sum
	g.block++
	return at
}

// within returns the time from the block's first arrival to that of the share, if the block's gaps
// add up to sum.
func (g *gammaArrivals) within(sum float64) (at float64) {
	low, high := uint64(0), g.of
	for node := uint64(1); low < g.share; {
		middle := low + (high-low)/2
		g.draw(g.block, node)
		x, y := g.logGamma(float64(middle-low)*g.shape), g.logGamma(float64(high-middle)*g.shape)
		first := sum / (1 + math.Exp(y-x))
		if node *= 2; g.share < middle {
			sum, high = first, middle
			continue
		}
		at, sum, low = at+first, sum-first, middle
		node++
	}
	return at
}

// draw makes random yield the numbers of a node of a block.
func (g *gammaArrivals) draw(block, node uint64) {
	h := mix(mix(g.seed) + block)
	g.source.Seed(h, mix(h+node))
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom number
// generators, 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// logGamma returns the logarithm of a number with a gamma distribution of the given shape and scale
// 1 (Marsaglia and Tsang, A simple method for generating gamma variables, 2000). Numbers of a small
// shape are often too small for a float64, their logarithms are not.
func (g *gammaArrivals) logGamma(shape float64) float64 {
	boost := 0.0
	if shape < 1 {
		boost = math.Log(1-g.random.Float64()) / shape
		shape++
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := g.random.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		u := 1 - g.random.Float64()
		if x *= x; u < 1-0.0331*x*x || math.Log(u) < x/2+d*(1-v+math.Log(v)) {
			return boost + math.Log(d*v)
		}
	}
}
