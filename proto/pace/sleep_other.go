//go:build !linux

package pace

import "time"

// Method describes how a metronome waits on this system.
const Method = "Go timer (no finer timer on this system: expect lag)"

func prepareThread() {}

// A sleeper sleeps until another goroutine wakes it.
type sleeper struct{ woken chan struct{} }

func newSleeper() *sleeper { return &sleeper{make(chan struct{}, 1)} }

// Wait implements Waiter. It does no work.
func (s *sleeper) Wait(d, _ int64) bool {
	if d == 0 {
		return false
	}
	t := time.NewTimer(time.Duration(d))
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.woken:
	}
	return false
}

func (s *sleeper) Wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

func (s *sleeper) Close() {}
