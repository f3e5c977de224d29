//go:build !linux

package usage

import "time"

func cpuTime() time.Duration { return 0 }

func resident() int64 { return 0 }

func runQueueWait() time.Duration { return 0 }
