package loadgen

import (
	"time"

	"rtbench/loadgen/servermetrics"
	"rtbench/loadgen/session"
	"rtbench/loadgen/target"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

// A job is one repetition of one cell, or of the cells of all groups of a scenario together.
type job struct {
	part
	others []part // of the other groups
	whole  *scenarios.Scenario
	result *result.Result // contains the cells
	index  int
	side   Side

	share cell.Share // of the cells that this process runs
	// startAt, connectAt, topics, clocks and clockShift are as in session.Config.
	startAt    int64
	connectAt  int64
	topics     string
	clocks     []int
	clockShift int64
	commands   <-chan struct{} // as in Task
	// startOnServer is the plan's origin on the clock of the reference server, if other generators run the other
	// shares; 0: it is that of this clock.
	startOnServer int64
	// impatient is as in session.Config; it also is if the cell's last repetition opened no stream.
	impatient bool
	// profiler takes profiles of the server; nil in measured repetitions.
	profiler *profiler
}

// A part is a cell, and the scenario of its traffic: that of its group, if there are groups.
type part struct {
	scenario   *scenarios.Scenario
	cell       scenarios.Cell
	resultCell *result.Cell
	target     *target.Custom
}

// parts returns all parts of a job, which may be changed.
func (j *job) parts() []*part {
	all := []*part{&j.part}
	for i := range j.others {
		all = append(all, &j.others[i])
	}
	return all
}

// streams returns the number of streams of all parts.
func (j *job) streams() (n int) {
	for _, p := range j.parts() {
		n += p.streams()
	}
	return n
}

func (p *part) streams() int { return p.cell.Connections * p.cell.Streams }

// cells returns the cells of all parts.
func (j *job) cells() (list []scenarios.Cell) {
	for _, p := range j.parts() {
		list = append(list, p.cell)
	}
	return list
}

// watch returns a watch of the server's own metrics; nil if the scenario names none.
func (j *job) watch(srv *target.Server) *servermetrics.Watch {
	if !j.custom() {
		return nil
	}
	return servermetrics.New(j.whole.Custom.Stats, srv.Sources())
}

func (p *part) custom() bool { return p.cell.API == "custom" }

// reference reports whether the target is a reference server.
func (p *part) reference() bool { return !p.custom() && p.cell.API != "guide" }

// failed returns the repetitions of a job that could not run.
func (j *job) failed(started time.Time, err error) (reps []*result.Repetition) {
	for range j.parts() {
		reps = append(reps, &result.Repetition{Started: started, Error: err.Error()})
	}
	return reps
}

// length is the planned duration of warm-up and steady phase.
func (j job) length() time.Duration { return j.cell.Warmup + j.cell.Steady }

func (j job) serverSpec() target.Spec {
	most := j.cell
	for _, p := range j.others {
		if p.cell.AllStreams() > most.AllStreams() {
			most = p.cell
		}
	}
	return target.Spec{Scenario: j.whole, Cell: most, Command: j.side.Server, Shell: j.side.Shell}
}

// policy returns what follows the failure of a stream. Reference servers and the guide's do not fail,
// unless an event makes them.
func (p *part) policy() session.Policy {
	switch {
	case p.cell.Reconnect.Policy == cell.NoReconnect:
		return session.CountAndStop
	case p.custom() || p.cell.HasPolicy() || p.cell.Churns():
		return session.CountAndReopen
	}
	return session.Abort
}
