//go:build !linux

package loadgen

import "rtbench/report/result"

func describeMachine(*result.Environment) {}

// LocalPorts returns 0: unknown.
func LocalPorts() int { return 0 }
