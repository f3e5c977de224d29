package clock

import (
	"time"

	"golang.org/x/sys/unix"
)

func hostNow() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0
	}
	return ts.Nano()
}

// Suspended returns how long the machine has been suspended since it started, which Now leaves
// out.
func Suspended() time.Duration {
	var ts unix.Timespec
	now := Now()
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano() - now)
}
