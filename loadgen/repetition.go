package loadgen

import (
	"cmp"
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"time"

	"rtbench/loadgen/session"
	"rtbench/loadgen/target"
	"rtbench/loadgen/watchdog"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/record"
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

	// groups run together, one for each part of the job. Each fills in a result: the first one rep, the
	// others others.
	groups   []*session.Group
	others   []*result.Repetition
	ended    <-chan struct{} // closed once no stream is left
	dialer   dialer
	slow     []*slowReading // of the groups that read slowly
	receipts receipts
	sampler  sampler
	watchdog *watchdog.Watchdog
	meter    *turnMeter // of the block; nil if the repetition runs alone
	rates    rates
	flows    []record.Flow // of the measured messages of each group; nil if they did not drain
	late     bool          // the streams opened after the common origin
	opened   int64         // end of the phase connect
	clock    serverClock
	failed   error // of an event
	restore  func()
}

func newRepetition(ctx context.Context, j job, opts Options, st result.Status, srv *target.Server, rep *result.Repetition) *repetition {
	r := &repetition{job: j, opts: opts, status: st, server: srv, rep: rep, restore: func() {}}
	r.sampler = sampler{server: srv, wire: r.dialer.total, spun: r.spun, every: sampleInterval(&j.cell), watch: j.watch(srv)}
	r.dialer = dialer{receipts: eventloop.NewReceipts(r.receipts.add), buffer: floodBuffer(j)}
	onEdge, first := r.sampler.edge, 0
	joiners := cell.Share{}
	for _, p := range j.parts() {
		if p.cell.Churns() {
			joiners.Of++
		}
	}
	for _, p := range j.parts() {
		if stack := srv.Info.Stacks[p.cell.Protocol]; stack != "" {
			p.resultCell.Server = stackOf(p.cell.Protocol, stack, srv.Info.Libraries)
		}
		c := session.Config{
			Scenario: p.scenario, Cell: p.cell, ID: p.resultCell.ID, Server: srv, Custom: p.target, Dial: r.dialer.dial(p.cell.Group, p.route()),
			Policy: p.policy(), Share: j.share, StartAt: j.startAt, ConnectAt: j.connectAt, Topics: j.topics, Clocks: j.clocks, ClockShift: j.clockShift,
			Impatient: j.impatient || p.resultCell.NothingOpened(), OnPacing: opts.onPacing, First: first, All: j.streams(), Joiners: joiners,
		}
		if p.cell.Churns() {
			joiners.Index++
		}
		first += p.streams()
		if p.cell.Read.Slow() {
			pace := newSlowReading(p.cell.Read)
			c.Dial, r.slow = r.dialer.slow(pace, p.route()), append(r.slow, pace)
		}
		if p.cell.Model == cell.Closed && !proto.Pattern(p.cell.Pattern).Traffic().Asked { // the first such group reads for all
			c.OnEdge, onEdge = onEdge, nil
		}
		r.groups = append(r.groups, session.New(ctx, c))
	}
	for i, p := range j.parts() {
		if from := slices.IndexFunc(r.groups, func(g *session.Group) bool { return p.cell.From != "" && g.Cell.Group == p.cell.From }); from >= 0 {
			r.groups[i].Receive(r.groups[from])
		}
	}
	for range j.others {
		r.others = append(r.others, &result.Repetition{Started: rep.Started})
	}
	if !slices.ContainsFunc(r.groups, (*session.Group).Summarizes) {
		r.sampler.recorded = r.recorded
	}
	return r
}

// first returns the first group. All have the same window.
func (r *repetition) first() *session.Group { return r.groups[0] }

// reps returns the repetition of each group.
func (r *repetition) reps() []*result.Repetition {
	return append([]*result.Repetition{r.rep}, r.others...)
}

// recorded returns the messages of all groups measured so far.
func (r *repetition) recorded() (n uint64) {
	for _, g := range r.groups {
		n += g.Sink.Count()
	}
	return n
}

// streams returns the number of streams of all groups.
func (r *repetition) streams() (n int) {
	for _, g := range r.groups {
		n += g.Streams()
	}
	return n
}

func (r *repetition) run(ctx context.Context) {
	r.watchdog = watchdog.Start()
	defer r.watchdog.Stop()
	defer r.close()
	if err := r.emulateNetwork(); err != nil {
		r.fail(ctx, err)
		return
	}
	r.measureBaseline(ctx)
	r.runPhases(ctx, r.phases())
	shareResources(r.reps(), r.streams())
}

// shareResources copies the values that belong to all groups together, which have so many streams, from the
// repetition of the first to those of the others.
func shareResources(reps []*result.Repetition, streams int) {
	if len(reps) == 1 {
		return
	}
	all := reps[0]
	together := &result.Together{Streams: streams}
	for _, rep := range reps {
		together.Recorded += rep.Counters.Recorded
	}
	all.Together = together
	for _, rep := range reps[1:] {
		sending := rep.Client.Sending
		rep.Phases, rep.Interrupted, rep.Error, rep.Together = all.Phases, all.Interrupted, all.Error, together
		rep.Samples, rep.Server, rep.Client, rep.Wire, rep.Machine = all.Samples, all.Server, all.Client, all.Wire, all.Machine
		rep.ServerMetrics = all.ServerMetrics
		rep.ClientPauses, rep.ClientGaps = all.ClientPauses, all.ClientGaps
		rep.Counters.Dropped = min(all.Counters.Dropped, rep.Counters.Lost) // which group's is unknown, but they are lost
		rep.Client.Sending = sending
		rep.Aborted = cmp.Or(rep.Aborted, all.Aborted)
	}
	all.Counters.Dropped = min(all.Counters.Dropped, all.Counters.Lost)
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
	case r.failed != nil:
		r.fail(ctx, r.failed)
	case slices.ContainsFunc(r.groups, func(g *session.Group) bool { return g.Events.Broken() > 0 }): // connections break before the exit is seen
		if died := r.server.ExitError(); died != nil {
			r.fail(ctx, died)
		}
	}
}

// measureBaseline reads the memory use of both ends before streams are opened.
func (r *repetition) measureBaseline(ctx context.Context) {
	if r.streams() >= result.ManyStreams {
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

// spun returns the time that the pacers have spun. The groups share them.
func (r *repetition) spun() time.Duration { return r.first().Threads.Spun() }

// close ends everything that the repetition started. It may be called again.
func (r *repetition) close() {
	for _, g := range r.groups {
		g.Close()
	}
	r.restore()
	r.endNetwork()
}
