package loadgen

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"rtbench/loadgen/session"
	"rtbench/proto/clock"
	"rtbench/report/result"
)

// A phase is a part of a repetition. An error of run ends the repetition.
type phase struct {
	name   string
	events session.Phase // to which events count
	run    func(context.Context) error
}

// phases returns the phases of a repetition in their order.
func (r *repetition) phases() []phase {
	return []phase{
		{"connect", session.Connect, r.connect},
		{"warmup", session.Warmup, r.warmUp},
		{"steady", session.Steady, r.steady},
		{"drain", session.Drain, r.drain},
	}
}

func (r *repetition) enter(p phase) {
	for _, g := range r.groups {
		g.Events.SetPhase(p.events)
	}
	r.status.Phase = p.name
	r.opts.notify(r.status)
}

func (r *repetition) connect(ctx context.Context) error {
	started := clock.Now()
	if err := r.readClock(ctx); err != nil {
		return err
	}
	if err := session.Open(ctx, r.groups); err != nil {
		for i, rep := range r.reps() {
			if r.job.custom() {
				session.CollectEvents(r.groups[i], rep)
			}
		}
		r.rep.Phases.Connect = time.Duration(clock.Now() - started)
		var late *session.LateError
		r.late = errors.As(err, &late)
		return err
	}
	r.connected(started, clock.Now())
	r.restore = relaxGC(r.groups)
	return nil
}

// connected notes that the streams are open.
func (r *repetition) connected(started, opened int64) {
	r.opened, r.rep.Phases.Connect = opened, time.Duration(opened-started)
	for i, rep := range r.reps() {
		rep.Negotiated = r.groups[i].Negotiated()
	}
	r.receipts.sample(r.first().Window)
}

// start starts the traffic.
func (r *repetition) start(ctx context.Context) {
	for _, s := range r.slow {
		s.start(r.first().Origin)
	}
	session.Start(ctx, r.groups, r.watchdog)
	r.ended = ended(r.groups)
	if r.streams() >= result.ManyStreams {
		debug.FreeOSMemory() // used to open the streams
	}
}

func (r *repetition) warmUp(ctx context.Context) error {
	if r.meter == nil { // the loads of a block start together
		r.start(ctx)
	}
	r.waitUntil(ctx, r.first().From)
	return nil
}

// relaxGC makes the garbage collector run a quarter as often while a library that allocates per
// message receives, and returns a function that undoes it; event loops do not allocate. GOGC takes
// precedence.
func relaxGC(groups []*session.Group) (restore func()) {
	allocates := func(g *session.Group) bool { return !g.EventDriven() }
	if !slices.ContainsFunc(groups, allocates) || os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(400)
	return func() { debug.SetGCPercent(before) }
}

// ended returns a channel that is closed once all groups have ended.
func ended(groups []*session.Group) <-chan struct{} {
	all := make(chan struct{})
	go func() {
		defer close(all)
		for _, g := range groups {
			<-g.Ended
		}
	}()
	return all
}

func (r *repetition) steady(ctx context.Context) error {
	if g := r.first(); g.Turns.Of > 0 { // reading the resource use must not disturb another load
		r.waitUntil(ctx, g.Origin+int64(g.Turns.Next(time.Duration(g.From-g.Origin))))
	}
	r.sampler.start(ctx, r.first().From)
	stop := r.startEvents(ctx)
	r.job.profiler.start(ctx, r.job.whole, r.server)
	r.waitUntil(ctx, r.first().To)
	r.job.profiler.stop()
	r.failed = stop()
	return nil
}

func (r *repetition) drain(ctx context.Context) error {
	brokenOff := ctx.Err() != nil || r.rep.Aborted != ""
	after := r.sampler.stop(ctx)
	for _, s := range r.slow {
		s.stop()
	}
	ctx = context.WithoutCancel(ctx) // replies that are on their way at an interruption are not lost
	var draining sync.WaitGroup
	for _, g := range r.groups {
		if brokenOff {
			g.End = min(g.To, after.at)
		}
		draining.Go(func() { g.Drain(ctx, brokenOff) })
	}
	draining.Wait()
	end := clock.Now()
	r.close()
	g := r.first()
	r.rep.Phases.Warmup = time.Duration(g.From - r.opened)
	r.rep.Phases.Steady = r.steadyLength(after.at)
	r.rep.Phases.Drain = time.Duration(max(0, end-after.at))
	for _, other := range r.others {
		other.Phases = r.rep.Phases
	}
	r.sampler.fill(r.rep, g.Window, after, g.Threads.Receivers)
	dropped := r.rep.Counters.Dropped
	for i, rep := range r.reps() {
		session.Collect(r.groups[i], rep)
	}
	r.rep.Counters.Dropped = dropped
	if g.Course != nil && !brokenOff {
		r.rep.Recovery = recoveryOf(g, r.job.scenario.Thresholds, r.rep.Counters)
	}
	r.compareClock(ctx)
	result.EndStorms(r.reps())
	r.rep.Client.Receiving = result.Wrap(r.receipts.Histogram())
	for i, p := range r.job.parts() {
		r.flows = append(r.flows, r.groups[i].Sink.Flow())
		r.reps()[i].DescribeSeries(p.resultCell.Config.Part(r.job.share), r.flows[i])
	}
	until := g.To
	for _, g := range r.groups {
		until = max(until, g.DrainedAt())
	}
	r.rep.ClientPauses, r.rep.ClientGaps = r.watchdog.Pauses(g.Window, until), r.watchdog.Gaps(g.Window, until)
	return nil
}

// steadyLength returns the length of the steady phase, which ended at last. It is shorter than
// planned if no stream was left. If no stream broke, the streams ended with the last message of
// the server's plan, shortly before the phase.
func (r *repetition) steadyLength(last int64) time.Duration {
	g := r.first()
	end := g.End
	if slices.ContainsFunc(r.groups, func(g *session.Group) bool { return g.Events.Broken() > 0 }) {
		end = min(end, last)
	}
	return g.Part(g.From, end)
}

// waitUntil returns at t, when ctx ends, when no stream is left, or when a threshold aborts the
// repetition.
func (r *repetition) waitUntil(ctx context.Context, t int64) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	timer := time.NewTimer(time.Duration(t - clock.Now()))
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		case <-r.ended:
			return
		case <-tick.C:
			if r.check(); r.rep.Aborted != "" {
				return
			}
		}
	}
}

// check reports the progress, closes stalled streams and evaluates thresholds that abort.
func (r *repetition) check() {
	r.report()
	for _, g := range r.groups {
		g.BreakStalled()
	}
	for i, p := range r.job.parts() {
		if list := p.scenario.Thresholds; r.measures() && r.rep.Aborted == "" && len(list) > 0 && p.cell.Overload.For == 0 {
			r.rep.Aborted = r.opts.endReason(list, standingOf(list, r.groups[i]), r.opts.baseline(p.resultCell.ID))
		}
	}
}

func (r *repetition) report() {
	s, g := r.status, r.first()
	if !g.Turns.Measured(time.Duration(clock.Now() - g.Origin)) {
		return // another load of the block reports
	}
	describe(&s, g)
	r.rates.fill(&s, g, &r.sampler)
	r.opts.notify(s)
}

// measures reports whether the repetition is in its steady phase.
func (r *repetition) measures() bool { return r.status.Phase == "steady" }
