//go:build !linux

package clock

import "time"

func hostNow() int64 { return time.Now().UnixNano() }

// Suspended returns 0: the time is unknown on this system.
func Suspended() time.Duration { return 0 }
