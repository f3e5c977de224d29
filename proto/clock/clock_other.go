//go:build !linux

package clock

import "time"

func hostNow() int64 { return time.Now().UnixNano() }
