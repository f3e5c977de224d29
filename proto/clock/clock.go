// Package clock is a monotonic clock that all processes of a host share, so that times
// from different processes can be subtracted. It holds no timers; see package pace.
package clock

import "time"

var (
	base   = time.Now()
	offset = calibrate()
)

// Now returns the time in nanoseconds: CLOCK_MONOTONIC on Linux; elsewhere, the wall
// clock at start plus monotonic time since. It does not allocate and may be called from
// any goroutine.
func Now() int64 { return int64(time.Since(base)) + offset }

// calibrate returns the offset of the host's clock to this process's monotonic clock. The
// reading with the narrowest bracket counts, which bounds the error by half of that
// bracket: some tens of nanoseconds.
func calibrate() int64 {
	var best int64
	narrowest := time.Duration(1<<63 - 1)
	for range 200 {
		before := time.Since(base)
		host := hostNow()
		after := time.Since(base)
		if after-before < narrowest {
			narrowest = after - before
			best = host - int64(before+narrowest/2)
		}
	}
	return best
}

// WallOffset returns Now minus the wall clock in nanoseconds: add it to Unix time. It is
// valid until the wall clock is stepped; slewing, as by NTP, shifts it by at most 0.5 ms
// per second.
func WallOffset() int64 {
	var best int64
	narrowest := int64(1<<63 - 1)
	for range 50 {
		before := Now()
		wall := time.Now().UnixNano()
		after := Now()
		if after-before < narrowest {
			narrowest = after - before
			best = before + narrowest/2 - wall
		}
	}
	return best
}
