//go:build !linux

package loadgen

import "rtbench/report/result"

// describeMachine tells nothing more here.
func describeMachine(*result.Environment) {}
