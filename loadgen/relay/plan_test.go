package relay

import (
	"math"
	"math/rand/v2"
	"testing"
	"testing/quick"
	"time"

	"rtbench/scenarios/cell"
)

// Bytes keep their order, are never early, and at most at the rate.
func TestPlanKeepsOrderAndRate(t *testing.T) {
	property := func(seed uint64, gaps []uint16, delay, jitter uint8, slow bool) bool {
		n := cell.Network{Delay: time.Duration(delay) * time.Millisecond, Jitter: time.Duration(jitter) * time.Millisecond, Stalls: 0.1, Stall: time.Second}
		if slow {
			n.Bandwidth = 1e6
		}
		p := plan{network: n, random: rand.New(rand.NewPCG(seed, 0))}
		now, last, sent := int64(0), int64(0), 0
		for _, gap := range gaps {
			now += int64(gap) * 1000
			size := int(gap%5000) + 1
			at := p.arrive(now, size)
			sent += size
			if at < last || at < now+int64(n.Delay) || slow && at < int64(float64(sent)/n.Bandwidth*1e9)+int64(n.Delay) {
				return false
			}
			last = at
		}
		return true
	}
	if err := quick.Check(property, nil); err != nil {
		t.Error(err)
	}
}

// Delays are uniform, and the share of stalled segments is as planned: within five standard deviations.
func TestPlanDistributions(t *testing.T) {
	const n = 100_000
	p := plan{network: cell.Network{Delay: 10 * time.Millisecond, Jitter: 4 * time.Millisecond}, random: rand.New(rand.NewPCG(1, 2))}
	var sum, squares float64
	for i := range n {
		now := int64(i) * int64(time.Second) // far apart, so that none waits for another
		ms := float64(p.arrive(now, 100)-now) / 1e6
		sum, squares = sum+ms, squares+ms*ms
	}
	mean := sum / n
	deviation := math.Sqrt(squares/n - mean*mean)
	if want := 4 / math.Sqrt(12); math.Abs(mean-12) > 5*want/math.Sqrt(n) || math.Abs(deviation/want-1) > 0.02 {
		t.Errorf("mean %.3f ms, standard deviation %.3f ms; want 12 and %.3f", mean, deviation, want)
	}
	const share = 0.01
	p = plan{network: cell.Network{Stalls: share, Stall: time.Second}, random: p.random}
	for range n {
		p.arrive(0, 2*cell.SegmentSize) // two segments
	}
	if got, want := float64(p.stalls), share*2*n; math.Abs(got-want) > 5*math.Sqrt(want*(1-share)) {
		t.Errorf("%.0f stalls, want %.0f", got, want)
	}
	if p.last != p.stalls*int64(time.Second) {
		t.Errorf("%d stalls end at %d", p.stalls, p.last)
	}
}
