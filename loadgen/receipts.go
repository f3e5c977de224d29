package loadgen

import (
	"sync/atomic"
	"time"

	"rtbench/proto/record"
)

// receipts samples how long data that the generator received in the steady phase had waited in the
// kernel. The zero value takes no samples.
type receipts struct {
	record.Samples
	from, to atomic.Int64 // the steady phase
}

// sample begins to take samples, in the steady phase only.
func (r *receipts) sample(from, to int64) {
	r.from.Store(from)
	r.to.Store(to)
}

// add takes a sample of data that was read at the time at.
func (r *receipts) add(at int64, waited time.Duration) {
	if at >= r.from.Load() && at < r.to.Load() {
		r.Add(waited)
	}
}
