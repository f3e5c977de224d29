package pace

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Method says how a metronome waits on this system.
const Method = "locked thread, timer slack 1 ns, clock_nanosleep"

// prepareThread asks the kernel to wake this thread on time instead of up to
// 50 µs late (prctl(2), PR_SET_TIMERSLACK). Where it refuses, lag shows it.
func prepareThread() {
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
}

func sleepUntil(t int64) {
	ts := unix.NsecToTimespec(t)
	for errors.Is(unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &ts, nil), unix.EINTR) {
	}
}
