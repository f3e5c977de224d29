package usage

import (
	"math"
	"runtime/metrics"
	"time"
)

// Waits holds two distributions of the Go runtime since the start of this process: how
// long runnable goroutines waited for a thread, and how long garbage collection stopped
// all goroutines.
type Waits struct {
	Scheduling, GC Distribution
}

// A Distribution counts durations by bucket. The zero value is empty.
type Distribution struct {
	edges  []float64 // in seconds: bucket i is [edges[i], edges[i+1])
	counts []uint64
}

// ReadWaits takes a reading (runtime/metrics). It may be called from any goroutine.
func ReadWaits() Waits {
	samples := []metrics.Sample{{Name: "/sched/latencies:seconds"}, {Name: "/sched/pauses/total/gc:seconds"}}
	metrics.Read(samples)
	distribution := func(s metrics.Sample) Distribution {
		if s.Value.Kind() != metrics.KindFloat64Histogram {
			return Distribution{}
		}
		h := s.Value.Float64Histogram()
		return Distribution{edges: h.Buckets, counts: h.Counts}
	}
	return Waits{Scheduling: distribution(samples[0]), GC: distribution(samples[1])}
}

// Since yields the durations added since an earlier reading: the lower edge of each
// bucket, so that no duration is overstated, and its count.
func (d Distribution) Since(before Distribution) func(yield func(time.Duration, uint64) bool) {
	return func(yield func(time.Duration, uint64) bool) {
		for i, n := range d.counts {
			if i < len(before.counts) {
				n -= before.counts[i]
			}
			low := max(0, d.edges[i])
			if n > 0 && !math.IsInf(low, 0) && !yield(time.Duration(low*1e9), n) {
				return
			}
		}
	}
}
