//go:build !linux

package pace

import "time"

// Method says how a metronome waits on this system.
const Method = "Go timer (this system has no finer wait here: expect lag)"

func prepareThread() {}

// A sleeper is a sleep that another goroutine can end.
type sleeper struct{ woken chan struct{} }

func newSleeper() *sleeper { return &sleeper{make(chan struct{}, 1)} }

// sleep returns after d nanoseconds, or before when woken.
func (s *sleeper) sleep(d int64) {
	t := time.NewTimer(time.Duration(d))
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.woken:
	}
}

// wake ends the sleep, or the next one where there is none. Any goroutine.
func (s *sleeper) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

func (s *sleeper) close() {}
