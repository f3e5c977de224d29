package loadgen

import (
	"context"
	"time"

	"rtbench/report/result"
)

// A Fleet runs repetitions on several machines, its agents.
type Fleet interface {
	// Size returns the number of agents.
	Size() int
	// Elsewhere returns the name of an agent on another machine than this process; empty if there is none.
	Elsewhere() string
	// MaxSkew returns how far apart they may begin without a finding.
	MaxSkew() time.Duration
	// Run runs a task for each agent, all with the same origin: prepare and open after the agents know their
	// tasks, with planned connecting from open before it. It calls started with that origin, of this process's
	// clock, once all streams are open. If some opened late, it tries again with more time. It passes the progress
	// to note. When ctx ends, it ends the tasks early. It fills in Origin, StartAt, ConnectAt, Clocks and Commands
	// of the tasks. It returns an outcome for each agent and the times of all for each cell, or an error if nothing
	// was started.
	Run(ctx context.Context, tasks []Task, prepare, open time.Duration, started func(origin int64), note func(Progress)) ([]Outcome, []Delta, error)
	// CommandEnded tells the agents that the command of an event has ended.
	CommandEnded(ctx context.Context)
	// Save keeps a checkpoint of the run, and SaveDone the repetitions of its job at a position once they have
	// ended, so that another process can complete the result if this one dies.
	Save(context.Context, Checkpoint) error
	SaveDone(order int, cells []Ended)
}

// Progress is the state of all agents.
type Progress struct {
	Agents   []result.Status   // of those heard from
	P50, P99 result.StatusTime // of the first cell, of all of them so far
	// Standing returns the counts and times of a cell so far.
	Standing func(cell int) Standing
}

// An Outcome describes the end of an agent's share.
type Outcome struct {
	Agent string // its name
	Host  string
	Part  *Part // nil if it did not arrive
	// Clock is how its clock agrees with that of this process; nil if they are the same.
	Clock *result.ClockOffset
	// Recorded is the number of response times of each cell that arrived.
	Recorded []uint64
	// Lost is the reason why not all arrived; otherwise empty.
	Lost string
}
