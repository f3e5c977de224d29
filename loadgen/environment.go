package loadgen

import (
	"fmt"
	"runtime"

	"rtbench/proto/pace"
	"rtbench/report/result"
)

// environment says what machine this is, as far as it can be told.
func environment() result.Environment {
	e := result.Environment{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), GOMAXPROCS: runtime.GOMAXPROCS(0),
		Pacing: pace.Method,
	}
	if spin := pace.Spin(e.GOMAXPROCS); spin > 0 {
		e.Pacing += fmt.Sprintf(", last %v spun", spin)
	} else {
		e.Pacing += ", no spinning (under 4 cores it would take time from the server)"
	}
	describeMachine(&e)
	return e
}
