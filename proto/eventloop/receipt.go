package eventloop

import (
	"sync/atomic"
	"time"
)

// receiptEvery is the number of reads of which one is timed. A timed read costs some
// hundred nanoseconds more.
const receiptEvery = 16

// Receipts receives samples of the time that data waited in the kernel before this
// process read it: for one read in 16 of each connection, the time from the arrival of its
// last segment to the return of the read. Connections share a Receipts, and begin at
// different places in the cycle.
type Receipts struct {
	note        func(at int64, waited time.Duration)
	connections atomic.Uint32
}

// NewReceipts returns a Receipts that calls note, on the goroutine that reads. at is the
// return of the read in nanoseconds of clock.Now. note must be safe for concurrent use.
func NewReceipts(note func(at int64, waited time.Duration)) *Receipts {
	return &Receipts{note: note}
}
