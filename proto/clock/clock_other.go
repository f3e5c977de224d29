//go:build !linux

package clock

import "time"

func hostNow() int64 { return time.Now().UnixNano() }

// Suspended returns 0: how long the machine was suspended is not known.
func Suspended() time.Duration { return 0 }
