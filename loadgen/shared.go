package loadgen

import (
	"context"
	"slices"
	"sync"
	"time"

	"rtbench/loadgen/session"
	"rtbench/loadgen/target"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

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

	during   sync.WaitGroup // this process's work during the steady phase
	after    snapshot
	measured bool  // sampler and after hold values
	failed   error // of an event
	begun    int   // events that this process runs
	restarts []restartOf

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
	r.sampler = sampler{server: srv, wire: func() (w result.Wire) { return w }, spun: none, every: sampleInterval(&j.cell), watch: j.watch(srv)}
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
		reps := r.notRun(ctx, err)
		for _, rep := range reps {
			rep.NotBegun = !rep.Interrupted
		}
		return reps
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
	if missed := r.missedEvents(); missed != nil && first.Error == "" && first.Aborted == "" && !first.Interrupted {
		first.Error, first.NotBegun = missed.Error(), true
	}
	if died := srv.ExitError(); died != nil && first.Error != "" {
		first.Error = died.Error()
	}
	for _, of := range r.restarts {
		result.SetRestart(reps, of.event, of.n, of.Restart)
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

// start begins this process's work from the beginning to the end of the steady phase: it reads the server's use and
// makes the events happen that concern the server.
func (r *sharedRepetition) start(ctx context.Context, origin int64) {
	r.timing = session.NewTiming(&r.job.cell, pace.Turns{}, origin)
	r.during.Go(func() {
		if !sleepUntil(ctx, r.timing.From) {
			return
		}
		r.sampler.start(ctx, r.timing.From)
		stop := r.startServerEvents(ctx)
		r.job.profiler.start(ctx, r.job.whole, r.server)
		sleepUntil(ctx, r.timing.To)
		r.job.profiler.stop()
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

// fillServer fills in the server's use of the steady phase.
func (r *sharedRepetition) fillServer(rep *result.Repetition) {
	if !r.measured {
		return
	}
	read := &result.Repetition{Server: rep.Server}
	r.sampler.fill(read, r.timing.Window, r.after, "")
	read.Server.Received = rep.Server.Received // counted by the agents
	rep.Server, rep.Counters.Dropped, rep.ServerMetrics = read.Server, read.Counters.Dropped, read.ServerMetrics
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
