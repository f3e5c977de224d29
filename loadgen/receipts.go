package loadgen

import (
	"sync/atomic"
	"time"

	"rtbench/proto/pace"
	"rtbench/proto/record"
)

// receipts samples how long data that the generator received in the steady phase had waited in the
// kernel. The zero value takes no samples.
type receipts struct {
	record.Samples
	window atomic.Pointer[pace.Window] // the steady phase
}

// sample begins to take samples, in the steady phase only.
func (r *receipts) sample(w pace.Window) { r.window.Store(&w) }

// add takes a sample of data that was read at the time at.
func (r *receipts) add(at int64, waited time.Duration) {
	if w := r.window.Load(); w != nil && w.Measures(at) {
		r.Add(waited)
	}
}
