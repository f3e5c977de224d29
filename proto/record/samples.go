package record

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Samples collects samples of a duration. The zero value is empty; its methods may be
// called from any goroutine.
type Samples struct {
	mu sync.Mutex
	n  *counts // nil while empty
}

// Add adds a sample, clamped to [0, Highest].
func (s *Samples) Add(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n == nil {
		c := newCounts()
		s.n = &c
	}
	s.n.add(int64(d))
}

// Histogram returns a new histogram of the samples; nil if there are none.
func (s *Samples) Histogram() *hdrhistogram.Histogram {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n == nil {
		return nil
	}
	total := make([]int64, indexes)
	s.n.addTo(total)
	return histogram(total)
}
