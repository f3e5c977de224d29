package server

import (
	"math"
	"math/rand/v2"
	"testing"

	"rtbench/proto"
)

// With messages that come at random, a stream with independent exponential delays is an M/M/1 queue: the time in it is
// exponential with mean 1/(1/service − rate). Two runs have different delays.
func TestRandomDelaysMakeQueue(t *testing.T) {
	const (
		service  = 2e6 // ns
		rate     = 0.7 / service
		messages = 1_000_000
	)
	var first [2]int64
	for run := range first {
		s := newSchedule(parse(t, "random=2ms"), proto.Call{Of: 1, SteadyFrom: int64(run), SteadyTo: math.MaxInt64})
		r := rand.New(rand.NewPCG(uint64(run), 1))
		at, sum, over := 0.0, 0.0, 0.0
		limit := math.Log(100) / (1/service - rate) // the p99
		for i := range messages {
			at += r.ExpFloat64() / rate
			in := float64(s.release(int64(at))) - at
			if sum += in; in > limit {
				over++
			}
			if i == 0 {
				first[run] = int64(in)
			}
		}
		if mean, want := sum/messages, 1/(1/service-rate); math.Abs(mean/want-1) > 0.03 {
			t.Errorf("the mean time is %.0f ns, want %.0f", mean, want)
		}
		if share := over / messages; math.Abs(share/0.01-1) > 0.2 {
			t.Errorf("%.2f %% are over the p99", 100*share)
		}
	}
	if first[0] == first[1] {
		t.Error("both runs have the same delays")
	}
}
