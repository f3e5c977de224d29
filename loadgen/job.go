package loadgen

import (
	"time"

	"rtbench/loadgen/session"
	"rtbench/loadgen/target"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// A job is one repetition of one cell.
type job struct {
	scenario   *scenarios.Scenario
	cell       scenarios.Cell
	result     *result.Result // contains resultCell
	resultCell *result.Cell
	index      int
	side       Side
	target     *target.Custom
}

func (j job) custom() bool { return j.cell.API == "custom" }

// length is the planned duration of warm-up and steady phase.
func (j job) length() time.Duration { return j.cell.Warmup + j.cell.Steady }

func (j job) serverSpec() target.Spec {
	return target.Spec{Scenario: j.scenario, Cell: j.cell, Command: j.side.Server, Shell: j.side.Shell}
}

// policy returns what follows the failure of a stream. Reference servers and the guide's do not fail.
func (j job) policy() session.Policy {
	switch {
	case !j.custom():
		return session.Abort
	case j.scenario.Custom.Reconnect:
		return session.CountAndReopen
	}
	return session.CountAndStop
}
