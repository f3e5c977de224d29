//go:build !linux

package pace

import "time"

// Method says how a metronome waits on this system.
const Method = "Go timer (this system has no finer wait here: expect lag)"

func prepareThread() {}

// A sleeper is a sleep that another goroutine can end.
type sleeper struct{ woken chan struct{} }

func newSleeper() *sleeper { return &sleeper{make(chan struct{}, 1)} }

// Wait implements Waiter: it does nothing else.
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

// Wake implements Waiter.
func (s *sleeper) Wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// Close implements Waiter.
func (s *sleeper) Close() {}
