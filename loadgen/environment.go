package loadgen

import (
	"fmt"
	"runtime"

	"rtbench/proto/pace"
	"rtbench/proto/usage"
	"rtbench/report/result"
)

// Environment describes this machine as a result does.
func Environment() result.Environment {
	e := result.Environment{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), GOMAXPROCS: runtime.GOMAXPROCS(0),
		Pacing: pace.Method,
	}
	e.Pacing += fmt.Sprintf(", spinning for up to the last %v", pace.Spin(e.GOMAXPROCS, 0))
	if e.GOMAXPROCS < 4 {
		e.Pacing += ", at most a quarter of a core"
	}
	describeMachine(&e)
	limits := usage.ReadLimits()
	e.CoreLimit = limits.Cores
	if limits.MemoryBytes > 0 && (e.MemoryBytes == 0 || limits.MemoryBytes < e.MemoryBytes) {
		e.MemoryBytes = limits.MemoryBytes
	}
	return e
}
