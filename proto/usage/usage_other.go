//go:build !linux

package usage

import (
	"errors"
	"runtime"
	"time"
)

// CPU returns 0: it is unknown on this system.
func CPU() time.Duration { return 0 }

func cpuTimeOf(int) time.Duration { return 0 }

func resident() int64 { return 0 }

var errOthers = errors.New("the resource usage of other processes is not available on this system (" + runtime.GOOS + "); expected linux")

func readGroup(int) (Usage, error) { return Usage{}, errOthers }

func readProcesses([]int, bool) ([]process, error) { return nil, errOthers }
