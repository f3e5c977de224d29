package pace

import (
	"math/rand/v2"
	"slices"
	"time"
)

// A Plan yields the intended times of one stream of those that share a Profile. With
// constant arrivals, stream i of k takes arrivals i, i+k, i+2k …, so that all together
// are evenly spaced; gamma arrivals are dealt out in the same way. With Poisson arrivals,
// each is an independent process with a k-th of the rate; their superposition is a Poisson
// process again. A Plan belongs to one goroutine.
type Plan struct {
	*load
	last    time.Duration
	gamma   *gammaArrivals
	index   int // of the next message of the trace, once its time has come
	replays bool
	share   float64
	n       float64
	sum     float64
	random  *rand.Rand
	held    *time.Duration // the next time, if it was already taken from the plan
}

// A load is the part of plans that is the same for all its streams. It does not change once one of them is used.
type load struct {
	profile Profile
	wave    Wave
	trace   Trace
	start   time.Duration // of the trace
	of      float64       // streams
	turns   Turns
}

// equal reports whether two loads are the same. Equal traces may count as different.
func (l *load) equal(o *load) bool {
	return l.wave == o.wave && l.turns == o.turns && l.start == o.start && l.of == o.of && slices.Equal(l.profile, o.profile) &&
		len(l.trace) == len(o.trace) && (len(l.trace) == 0 || &l.trace[0] == &o.trace[0])
}

// NewPlan returns the plan of stream share, counted from 0, of of streams. Random arrivals
// are determined by seed and share; constant ones ignore seed.
func NewPlan(p Profile, a Arrivals, seed int64, share, of int) *Plan {
	plan := &Plan{load: &load{profile: p, of: float64(max(of, 1))}, share: float64(share)}
	if a == Poisson {
		plan.random = rand.New(rand.NewPCG(uint64(seed), uint64(share)))
	}
	if shape, ok := a.GammaShape(); ok {
		plan.gamma = newGammaArrivals(shape, seed, share, of)
	}
	return plan
}

// On makes the rate of p rise and fall with w. It must be called before Next, and returns p.
func (p *Plan) On(w Wave) *Plan {
	p.wave = w
	return p
}

// Replay makes p follow t from start on, instead of its profile: stream i of k takes messages i, i+k,
// i+2k …. It must be called before Next, and returns p.
func (p *Plan) Replay(t Trace, start time.Duration) *Plan {
	p.trace, p.start, p.index = t, start, int(p.share)
	return p
}

// In makes p run in the time of t, so that Next returns real times. It must be called before
// Next, and returns p.
func (p *Plan) In(t Turns) *Plan {
	p.turns = t
	return p
}

// Next returns the intended time of the next message since the plan's start, or false at
// its end. Times never decrease.
func (p *Plan) Next() (time.Duration, bool) {
	if p.held != nil {
		due := *p.held
		p.held = nil
		return due, true
	}
	active, ok := p.next()
	if p.wave.Period > 0 { // where the rate is almost 0, rounding may exchange neighbours
		active = max(p.last, p.wave.Real(active))
		p.last = active
	}
	return p.turns.Real(active), ok
}

func (p *Plan) next() (time.Duration, bool) {
	if p.replays {
		return p.replay()
	}
	if p.random != nil {
		// A Poisson process of rate λ(t) is one of rate 1 whose time runs as the integral
		// of λ (time change, Çinlar 1975).
		p.sum += p.random.ExpFloat64()
		return p.profile.Time(p.sum * p.of)
	}
	if p.gamma != nil {
		return p.profile.Time(p.gamma.next())
	}
	due, ok := p.profile.Time(p.share + p.n*p.of)
	p.n++
	if p.trace != nil && (!ok || due >= p.start) {
		p.replays = true
		return p.replay()
	}
	return due, ok
}

// replay returns the time of the next message of the trace.
func (p *Plan) replay() (time.Duration, bool) {
	if p.index >= len(p.trace) {
		return 0, false
	}
	at := p.trace[p.index]
	p.index += int(p.of)
	return p.start + at, true
}

// SkipTo skips the messages due before from, and returns their number.
func (p *Plan) SkipTo(from time.Duration) (skipped uint64) {
	for {
		due, ok := p.Next()
		if ok && due >= from {
			p.held = &due
		}
		if !ok || due >= from {
			return skipped
		}
		skipped++
	}
}

// CountPlanned returns the number of messages due before until that are in. It consumes the
// plan.
func (p *Plan) CountPlanned(until time.Duration, in func(due time.Duration) bool) uint64 {
	var n uint64
	for {
		due, ok := p.Next()
		if !ok || due >= until {
			return n
		}
		if in(due) {
			n++
		}
	}
}
