package loadgen

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"rtbench/loadgen/session"
	"rtbench/loadgen/target"
	"rtbench/loadgen/watchdog"
	"rtbench/proto/eventloop"
	"rtbench/report/result"
	"rtbench/scenarios/cell"
)

// A repetition is one run of a cell: its groups of sessions pass through the phases.
type repetition struct {
	job    job
	opts   Options
	status result.Status
	server *target.Server
	rep    *result.Repetition

	// groups run together. Each fills in a result: the first one rep, the others others.
	groups   []*session.Group
	others   []*result.Repetition
	ended    <-chan struct{} // closed once no stream is left
	dialer   dialer
	receipts receipts
	sampler  sampler
	watchdog *watchdog.Watchdog
	meter    *turnMeter // of the block; nil if the repetition runs alone
	rates    rates
	opened   int64 // end of the phase connect
	restore  func()
}

func newRepetition(ctx context.Context, j job, opts Options, st result.Status, srv *target.Server, rep *result.Repetition) *repetition {
	r := &repetition{job: j, opts: opts, status: st, server: srv, rep: rep, restore: func() {}}
	if stack := srv.Info.Stacks[j.cell.Protocol]; stack != "" {
		j.resultCell.Server = stackOf(j.cell.Protocol, stack, srv.Info.Libraries)
	}
	r.sampler = sampler{server: srv, wire: r.dialer.total, spun: r.spun}
	var onEdge func(end bool)
	if j.cell.Model == cell.Closed {
		onEdge = r.sampler.edge
	}
	r.dialer = dialer{receipts: eventloop.NewReceipts(r.receipts.add), buffer: floodBuffer(j)}
	r.groups = []*session.Group{session.New(ctx, session.Config{
		Scenario: j.scenario, Cell: j.cell, ID: j.resultCell.ID, Server: srv, Custom: j.target, Dial: r.dialer.dial,
		Policy:    j.policy(),
		Impatient: j.resultCell.NothingOpened(), OnEdge: onEdge, OnPacing: opts.onPacing,
	})}
	if g := r.measured(); !g.Summarizes() {
		r.sampler.recorded = func() uint64 { return g.Sink.Count() }
	}
	return r
}

// measured returns the group whose result counts.
func (r *repetition) measured() *session.Group { return r.groups[0] }

func (r *repetition) run(ctx context.Context) {
	r.watchdog = watchdog.Start()
	defer r.watchdog.Stop()
	defer r.close()
	r.measureBaseline(ctx)
	r.runPhases(ctx, r.phases())
}

func (r *repetition) runPhases(ctx context.Context, phases []phase) {
	for _, p := range phases {
		r.enter(p)
		if err := p.run(ctx); err != nil {
			r.fail(ctx, err)
			return
		}
	}
	switch {
	case ctx.Err() != nil:
		r.fail(ctx, context.Cause(ctx))
	case r.measured().Events.Broken() > 0: // connections break before the exit is seen
		if died := r.server.ExitError(); died != nil {
			r.fail(ctx, died)
		}
	}
}

// measureBaseline reads the memory use of both ends before streams are opened.
func (r *repetition) measureBaseline(ctx context.Context) {
	if r.measured().Streams() >= result.ManyStreams {
		debug.FreeOSMemory() // used by the previous repetition
	}
	s := r.sampler.snapshot(ctx)
	r.rep.Client.BeforeBytes = s.client.RSS
	if s.known {
		r.rep.Server.BeforeBytes = s.server.RSS
	}
}

// fail records the error, or the interruption by the user.
func (r *repetition) fail(ctx context.Context, err error) {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	} else if died := r.server.ExitError(); died != nil {
		err = died
	}
	if errors.Is(err, context.Canceled) {
		r.rep.Interrupted = true
		return
	}
	r.rep.Error = err.Error()
}

// spun returns the time that the pacers have spun.
func (r *repetition) spun() (d time.Duration) {
	for _, g := range r.groups {
		d += g.Threads.Spun()
	}
	return d
}

// close ends everything that the repetition started. It may be called again.
func (r *repetition) close() {
	for _, g := range r.groups {
		g.Close()
	}
	r.restore()
}
