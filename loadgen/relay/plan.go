package relay

import (
	"cmp"
	"math/rand/v2"

	"rtbench/scenarios/cell"
)

// A plan decides when bytes arrive. It is pure but for its random numbers, and not safe for concurrent use.
type plan struct {
	network cell.Network
	cuts    *cuts // nil if there are none
	random  *rand.Rand
	leaves  int64 // the byte before, at the rate
	last    int64 // when the byte before arrives
	stalls  int64
}

// arrive returns when n bytes arrive that are sent at now, in nanoseconds of one clock. Bytes keep their
// order: none arrives before one that was sent earlier.
func (p *plan) arrive(now int64, n int) int64 {
	p.leaves = p.cuts.after(max(now, p.leaves))
	if p.network.Bandwidth > 0 {
		p.leaves += int64(float64(n) / p.network.Bandwidth * 1e9)
	}
	at := p.leaves + int64(p.network.Delay)
	if p.network.Jitter > 0 {
		at += p.random.Int64N(int64(p.network.Jitter) + 1)
	}
	p.last = max(p.last, at)
	for ; n > 0 && p.network.Stalls > 0; n -= cell.SegmentSize {
		if p.random.Float64() < p.network.Stalls {
			p.stalls++
			p.last += int64(cmp.Or(p.network.Stall, cell.DefaultStall))
		}
	}
	for over := p.cuts.after(p.last); over > p.last; over = p.cuts.after(p.last) { // it is sent again
		p.last = over + int64(p.network.Delay)
	}
	return p.last
}
