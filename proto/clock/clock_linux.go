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

// Suspended returns the time for which the machine has been suspended since boot. Now
// does not advance during suspension.
func Suspended() time.Duration {
	var ts unix.Timespec
	now := Now()
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano() - now)
}
