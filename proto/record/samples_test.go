package record_test

import (
	"sync"
	"testing"
	"time"

	"rtbench/proto/record"
)

func TestSamples(t *testing.T) {
	var s record.Samples
	if s.Histogram() != nil {
		t.Error("a histogram of no samples")
	}
	var adding sync.WaitGroup
	for range 4 {
		adding.Go(func() {
			for i := range 1000 {
				s.Add(time.Duration(i) * time.Microsecond)
			}
		})
	}
	adding.Wait()
	s.Add(-1)
	if h := s.Histogram(); h.TotalCount() != 4001 || h.Min() != 0 || h.Max() < 999_000 {
		t.Errorf("%d samples from %d to %d", h.TotalCount(), h.Min(), h.Max())
	}
}
