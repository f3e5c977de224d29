//go:build !linux

package loadgen

import "rtbench/report/result"

// describeMachine tells nothing more here.
func describeMachine(*result.Environment) {}

// LocalPorts is 0, as it is not known here.
func LocalPorts() int { return 0 }
