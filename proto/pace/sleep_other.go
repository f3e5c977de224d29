//go:build !linux

package pace

import (
	"time"

	"rtbench/proto/clock"
)

// Method says how a metronome waits on this system.
const Method = "time.Sleep (this system has no finer wait here: expect lag)"

func prepareThread() {}

func sleepUntil(t int64) { time.Sleep(time.Duration(t - clock.Now())) }
