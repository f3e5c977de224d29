package loadgen

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"rtbench/loadgen/session"
	"rtbench/loadgen/target"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
	"rtbench/proto/record"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
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
	// Standing returns what is known of a cell.
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

// A sharedRepetition is a repetition that the agents of a fleet run. This process reads the server.
type sharedRepetition struct {
	job     job
	opts    Options
	status  result.Status
	server  *target.Server
	sampler sampler
	timing  session.Timing
	ahead   int64         // the reference server's clock minus this one
	reading time.Duration // how long it took to read it

	during   sync.WaitGroup // what this process does during the steady phase
	after    snapshot
	measured bool  // sampler and after hold values
	failed   error // of an event

	stop    context.CancelFunc // ends the repetition early
	judged  time.Time          // when thresholds were last evaluated
	aborted string             // the threshold that ended the repetition
}

// runShared runs a repetition on the fleet, and returns that of each part.
func runShared(ctx context.Context, j job, opts Options, st result.Status, srv *target.Server) []*result.Repetition {
	r := &sharedRepetition{job: j, opts: opts, status: st, server: srv}
	for _, p := range j.parts() {
		if stack := srv.Info.Stacks[p.cell.Protocol]; stack != "" {
			p.resultCell.Server = stackOf(p.cell.Protocol, stack, srv.Info.Libraries)
		}
	}
	none := func() time.Duration { return 0 }
	r.sampler = sampler{server: srv, wire: func() (w result.Wire) { return w }, spun: none, every: sampleInterval(&j.cell)}
	before := r.sampler.snapshot(ctx)
	if err := r.readClock(ctx); err != nil {
		return r.notRun(ctx, err)
	}
	during, stop := context.WithCancel(ctx)
	r.stop = stop
	outcomes, times, err := opts.Fleet.Run(during, r.tasks(), 2*r.reading, r.lead(), func(origin int64) { r.start(during, origin) }, r.note)
	stop()
	r.during.Wait()
	if err != nil {
		return r.notRun(ctx, err)
	}
	reps := j.combine(outcomes, times, opts.Fleet.MaxSkew())
	first := reps[0]
	if r.aborted != "" && ctx.Err() == nil && first.Lost() == "" {
		first.Aborted, first.Interrupted = r.aborted, false
	}
	if before.known {
		first.Server.BeforeBytes = before.server.RSS
	}
	r.fillServer(first)
	if r.failed != nil && first.Error == "" {
		first.Error = r.failed.Error()
	}
	if died := srv.ExitError(); died != nil && first.Error != "" {
		first.Error = died.Error()
	}
	result.EndStorms(reps)
	shareResources(reps, j.streams())
	return reps
}

// notRun returns the repetitions of a job that did not run.
func (r *sharedRepetition) notRun(ctx context.Context, err error) []*result.Repetition {
	reps := r.job.failed(time.Now(), err)
	for _, rep := range reps {
		rep.Interrupted = ctx.Err() != nil
	}
	return reps
}

func (r *sharedRepetition) tasks() []Task {
	j := r.job
	list := make([]Task, r.opts.Fleet.Size())
	for i := range list {
		t := Task{Order: r.status.Run - 1, Index: j.index, Share: cell.Share{Index: i, Of: len(list)}, Server: r.server.Info, Secure: r.server.TLS != nil, ServerAhead: r.ahead}
		for _, p := range j.parts() {
			t.Cells = append(t.Cells, TaskCell{p.cell, p.resultCell.ID, watched(p.scenario.Thresholds), p.resultCell.Server})
			t.Impatient = t.Impatient || p.resultCell.NothingOpened()
			if p.custom() || p.cell.Trace.File != "" {
				t.Scenario = j.whole
			}
		}
		list[i] = t
	}
	return list
}

// lead returns the time that the slowest agent needs to open its streams.
func (r *sharedRepetition) lead() (lead time.Duration) {
	for i := range r.opts.Fleet.Size() {
		lead = max(lead, session.Lead(r.job.cells(), cell.Share{Index: i, Of: r.opts.Fleet.Size()}))
	}
	return lead
}

// readClock reads the clock of a reference server.
func (r *sharedRepetition) readClock(ctx context.Context) error {
	if !r.job.reference() {
		return nil
	}
	started := clock.Now()
	k, err := readServerClock(ctx, r.server, &r.job)
	if k.Clock != nil {
		r.ahead, r.reading = k.before.Offset, time.Duration(clock.Now()-started)
	}
	return err
}

// start begins what this process does from the beginning to the end of the steady phase: it reads the server's use
// and runs the commands of events.
func (r *sharedRepetition) start(ctx context.Context, origin int64) {
	r.timing = session.NewTiming(&r.job.cell, pace.Turns{}, origin)
	r.during.Go(func() {
		if !sleepUntil(ctx, r.timing.From) {
			return
		}
		r.sampler.start(ctx, r.timing.From)
		stop := r.startCommands(ctx)
		sleepUntil(ctx, r.timing.To)
		r.failed = stop()
		r.after, r.measured = r.sampler.stop(ctx), true
	})
}

// sleepUntil reports whether t was reached before the end of ctx.
func sleepUntil(ctx context.Context, t int64) bool {
	timer := time.NewTimer(time.Duration(t - clock.Now()))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// combine returns the repetition of each part from all shares, without the server's use. maxSkew is that of the
// fleet.
func (j *job) combine(outcomes []Outcome, times []Delta, maxSkew time.Duration) (reps []*result.Repetition) {
	for i, p := range j.parts() {
		reps = append(reps, combineShares(i, outcomes, times[i], p.resultCell.Config, maxSkew))
	}
	return reps
}

// combineShares returns the repetition of all shares of a cell, with the times of all.
func combineShares(cell int, outcomes []Outcome, times Delta, config result.Config, maxSkew time.Duration) *result.Repetition {
	var shares []*result.Repetition
	var agents []result.Agent
	var flow record.Flow
	var deliveries session.Deliveries
	lost := ""
	for _, o := range outcomes {
		n := o.Recorded[cell]
		share := &result.Repetition{Started: time.Now(), Counters: result.Counters{Planned: n, Due: n, Sent: n, Recorded: n}}
		agent := result.Agent{Recorded: n}
		if o.Part != nil {
			p := &o.Part.Cells[cell]
			share, agent = p.Repetition, p.Agent
			flow.Add(&p.Flow)
			deliveries = deliveries.Add(p.Deliveries)
		}
		agent.Name, agent.Host, agent.Lost, agent.Clock = o.Agent, o.Host, o.Lost, o.Clock
		if share.Error != "" {
			share.Error = fmt.Sprintf("agent %s: %s", o.Agent, share.Error)
		}
		if o.Lost != "" && lost == "" {
			lost = fmt.Sprintf("agent %s was lost: %s", o.Agent, o.Lost)
		}
		shares, agents = append(shares, share), append(agents, agent)
	}
	rep := result.Combine(shares)
	rep.Skew = result.SkewOf(agents, maxSkew)
	if rep.Agents = agents; lost == "" && len(deliveries) > 0 {
		deliveries.Settle(rep)
	}
	rep.Response, rep.Service, rep.Lag, rep.Low = times.Response, times.Service, times.Lag, times.Low
	if lost != "" { // and the others were stopped
		rep.Error, rep.Interrupted = lost, false
	}
	rep.DescribeSeries(config, flow)
	return rep
}

// fillServer fills in the server's use of the steady phase.
func (r *sharedRepetition) fillServer(rep *result.Repetition) {
	if !r.measured {
		return
	}
	read := &result.Repetition{Server: rep.Server}
	r.sampler.fill(read, r.timing.Window, r.after, "")
	read.Server.Received = rep.Server.Received // counted by the agents
	rep.Server, rep.Counters.Dropped = read.Server, read.Counters.Dropped
	for i := range rep.Samples {
		if i < len(r.sampler.samples) {
			rep.Samples[i].Server = r.sampler.samples[i].Server
		}
	}
}

// note reports the progress of all agents as that of one generator.
func (r *sharedRepetition) note(p Progress) {
	s := r.status
	if len(p.Agents) == 0 {
		return
	}
	slowest := slices.MinFunc(p.Agents, func(a, b result.Status) int { return phaseOrder(a.Phase) - phaseOrder(b.Phase) })
	s.Phase, s.Elapsed, s.Length = slowest.Phase, slowest.Elapsed, slowest.Length
	for _, a := range p.Agents {
		s.Recorded += a.Recorded
		s.FailedMessages += a.FailedMessages
		s.Errors += a.Errors
		s.Planned += a.Planned
		s.HasPlan = s.HasPlan || a.HasPlan
		s.Achieved += a.Achieved
		s.ClientCores += a.ClientCores
	}
	s.P50, s.P99 = p.P50, p.P99
	if a, b := r.sampler.lastTwo(); a.Server != nil && b.Server != nil && b.At > a.At {
		s.ServerCores, s.ServerKnown = (b.Server.CPU-a.Server.CPU).Seconds()/(b.At-a.At).Seconds(), true
	}
	r.opts.notify(s)
	if s.Phase == "steady" && r.aborted == "" && time.Since(r.judged) >= judgeEvery {
		r.judged = time.Now()
		r.judge(p, s.Elapsed)
	}
}

// judgeEvery is the least time between two evaluations of thresholds.
const judgeEvery = 250 * time.Millisecond

// judge ends the repetition early if a threshold says so.
func (r *sharedRepetition) judge(p Progress, elapsed time.Duration) {
	for i, part := range r.job.parts() {
		list := part.scenario.Thresholds
		if len(list) == 0 {
			continue
		}
		t, of := session.NewTiming(&part.cell, pace.Turns{}, 0), p.Standing(i)
		s := standing{elapsed: elapsed, planned: t.PlannedSteady(&part.cell, part.streams()), Failures: of.Failures, times: func() Delta { return of.Times }}
		s.window = func(i int) (result.Histogram, time.Duration, bool) {
			w, complete := of.Windows[i]
			return w.Response, windowsOf(i, list[i]).from(w.N), complete
		}
		if r.aborted = r.opts.endReason(list, s, r.opts.baseline(part.resultCell.ID)); r.aborted != "" {
			r.stop()
			return
		}
	}
}

// watched returns the windows of thresholds that may end a repetition.
func watched(list []scenarios.Threshold) (all []Windows) {
	for i, t := range list {
		if t.Abort && t.Window > 0 {
			all = append(all, windowsOf(i, t))
		}
	}
	return all
}

// phaseOrder returns the position of a phase.
func phaseOrder(name string) int {
	return slices.Index([]string{"server", "connect", "warmup", "steady", "drain", "done"}, name)
}
