package pace

import (
	"math/rand/v2"
	"time"
)

// Arrivals says how the arrivals of a Plan are spread around its rate.
type Arrivals string

// The kinds of arrivals.
const (
	Constant Arrivals = "constant" // evenly: what a clock would send
	Poisson  Arrivals = "poisson"  // independent of each other: what many users send
)

// A Plan yields the intended times of one stream's share of a Profile. The
// streams of a run share the profile: with constant arrivals stream i of k takes
// arrivals i, i+k, i+2k …, so that together they are evenly spaced; with Poisson
// arrivals each is an independent process of a k-th of the rate, and together
// they are Poisson again (superposition). A Plan belongs to one goroutine.
type Plan struct {
	profile Profile
	share   float64
	of      float64
	n       float64
	sum     float64
	random  *rand.Rand
}

// NewPlan returns the plan of stream share (from 0) of streams of. seed decides
// the Poisson arrivals together with share and is of no effect on constant ones.
func NewPlan(p Profile, a Arrivals, seed int64, share, of int) *Plan {
	plan := &Plan{profile: p, share: float64(share), of: float64(max(of, 1))}
	if a == Poisson {
		plan.random = rand.New(rand.NewPCG(uint64(seed), uint64(share)))
	}
	return plan
}

// Next returns the intended time of the next message from the plan's beginning,
// or false when there are no more. Times never decrease.
func (p *Plan) Next() (time.Duration, bool) {
	if p.random != nil {
		// A Poisson process of rate λ(t) is one of rate 1 whose time runs as
		// the integral of λ (time change, Çinlar 1975).
		p.sum += p.random.ExpFloat64()
		return p.profile.Time(p.sum * p.of)
	}
	due, ok := p.profile.Time(p.share + p.n*p.of)
	p.n++
	return due, ok
}

// CountPlanned says how many messages the plan holds in [from, to). It uses the
// plan up.
func (p *Plan) CountPlanned(from, to time.Duration) uint64 {
	var n uint64
	for {
		due, ok := p.Next()
		if !ok || due >= to {
			return n
		}
		if due >= from {
			n++
		}
	}
}
