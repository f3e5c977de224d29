package loadgen

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
	"rtbench/proto/record"
	"rtbench/proto/usage"
	"rtbench/proto/wire"
	"rtbench/report/result"
)

// crowd is from how many streams on it is worth a moment to give back what their
// opening took.
const crowd = 1000

// A repetition is one run of a cell: connect, warm-up, steady, drain.
type repetition struct {
	job    job
	opts   Options
	status Status
	server *target
	rep    *result.Repetition

	dialer     dialer
	drivers    []driver.Driver
	exchanges  []*exchange
	profile    pace.Profile
	origin     int64 // time 0 of the plan; the steady phase is [from, to)
	from, to   int64
	sink       *record.Sink
	metronomes []*pace.Metronome
	steady     bool // the steady phase is on
	dog        *watchdog
	asked      struct {
		at       int64 // when the status was last told, and how many messages there were
		recorded uint64
	}
	loops     []*wire.Loop
	recorders []*record.Recorder // of the loops, then of the goroutines
	messages  []*proto.Message   // of the loops
	sending   sync.WaitGroup
	receiving sync.WaitGroup
	allEnded  chan struct{} // every receiver has ended

	running context.Context // ends when no stream is to be opened anew
	stop    context.CancelFunc

	nextReopening atomic.Int64 // no stream that was short-lived is reopened before

	// stamped reports whether any message had a stamp; see unstamped. If none had, noneStamped
	// says so for people.
	stamped       atomic.Bool
	unstampedGaps *record.Sink
	noneStamped   string

	gaps *record.Sink // of streams on which the server sends by itself and stamps
	left atomic.Int64 // when what such a server sends began to be no part of the run; 0: it is
	// cutoff says that the drain is over: what is not sent by then is not sent at all.
	cutoff      atomic.Bool
	stopSending context.CancelFunc // wakes senders that wait for a message to fall due
	settled     atomic.Int64       // when the last reply was waited for no more

	mu       sync.Mutex
	closing  bool
	amiss    [phaseCount]amiss
	examples map[string]string // the first of each class
	unopened uint64            // streams
	// How many streams are open; when the last one ended, if none is; how long none was open in
	// the steady phase.
	openStreams         int
	noneSince, noneOpen int64
	phase               atomic.Int32 // an index of amiss
	cutShort            bool         // the steady phase was broken off
}

func (r *repetition) run(ctx context.Context) {
	defer r.closeAll()
	r.rest(ctx)
	r.enter("connect")
	if err := r.connect(ctx); err != nil {
		r.fail(ctx, err)
		return
	}
	defer r.relaxGC()()
	opened := clock.Now()
	r.phase.Store(inWarmup)
	r.dog = startWatchdog()
	defer r.dog.stop()
	r.start(ctx)
	if len(r.exchanges) >= crowd {
		debug.FreeOSMemory() // what the opening took
	}
	r.enter("warmup")
	r.waitUntil(ctx, r.from)
	r.phase.Store(inSteady)
	before := r.snapshot(ctx)
	stopSampling := r.sample(ctx, before)
	r.enter("steady")
	r.steady = true
	r.waitUntil(ctx, r.to)
	r.steady = false
	r.phase.Store(inDrain)
	r.cutShort = ctx.Err() != nil || r.rep.Aborted != ""
	after := r.snapshot(ctx)
	stopSampling()
	r.addSample(before, after)
	r.enter("drain")
	r.drain(ctx)
	end := clock.Now()
	r.closeAll()
	r.rep.Phases.Warmup = time.Duration(r.from - opened)
	r.rep.Phases.Steady = r.steadyLength(ctx, after.at)
	r.rep.Phases.Drain = time.Duration(max(0, end-after.at))
	r.collect(before, after)
	r.dog.stop()
	until := max(r.to, r.settled.Load())
	r.rep.ClientPauses, r.rep.ClientGaps = r.dog.clientPauses(r.from, r.to, until), r.dog.clientGaps(r.from, until)
	switch {
	case ctx.Err() != nil:
		r.fail(ctx, context.Cause(ctx))
	case r.brokenSoFar() > 0: // the streams of a server that dies break before it is seen
		if died := r.server.died(); died != nil {
			r.fail(ctx, died)
		}
	}
}

// rest reads how much memory both ends have before there are streams.
func (r *repetition) rest(ctx context.Context) {
	if r.job.point.Connections*r.job.point.Streams >= crowd {
		debug.FreeOSMemory() // what the repetition before took
	}
	s := r.snapshot(ctx)
	r.rep.Client.BeforeBytes = s.client.RSS
	if s.known {
		r.rep.Server.BeforeBytes = s.server.RSS
	}
}

// steadyLength is how long the steady phase was. A plan that the server keeps
// ends with its last message, a little before the phase does.
func (r *repetition) steadyLength(ctx context.Context, ended int64) time.Duration {
	if ctx.Err() == nil && r.brokenSoFar() == 0 && r.rep.Aborted == "" {
		return time.Duration(r.to - r.from)
	}
	return time.Duration(max(0, min(r.to, ended)-r.from))
}

// fail marks the repetition: interrupted by the user, or broken.
func (r *repetition) fail(ctx context.Context, err error) {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	} else if died := r.server.died(); died != nil {
		err = died
	}
	if errors.Is(err, context.Canceled) {
		r.rep.Interrupted = true
		return
	}
	r.rep.Error = err.Error()
}

func (r *repetition) enter(phase string) {
	r.status.Phase = phase
	r.opts.watch(r.status)
}

func (r *repetition) open() bool { return r.job.point.Model == "open" }

// plan sets the plan's times so that it begins at origin.
func (r *repetition) plan(origin int64) {
	ph := r.job.scenario.Phases
	r.origin = origin
	r.from = origin + int64(ph.Warmup)
	r.to = r.from + int64(ph.Steady)
	r.profile = nil
	if !r.open() {
		return
	}
	rate := r.job.point.Rate
	if ph.Warmup > 0 {
		r.profile = append(r.profile, pace.Segment{Duration: ph.Warmup, From: rate, To: rate})
	}
	if len(r.job.scenario.Load.Stages) == 0 {
		r.profile = append(r.profile, pace.Segment{Duration: ph.Steady, From: rate, To: rate})
	}
	for _, s := range r.job.scenario.Load.Stages {
		r.profile = append(r.profile, pace.Segment{Duration: s.Over, From: rate, To: s.To})
		rate = s.To
	}
}

func (r *repetition) call(share int) proto.Call {
	p := r.job.point
	return proto.Call{
		Pattern: proto.Pattern(p.Pattern), Text: r.job.text(), Native: p.Encoding == "native", Size: p.Size,
		Profile: r.profile, Arrivals: pace.Arrivals(p.Arrivals), Seed: r.job.scenario.Load.Seed,
		Share: share, Of: p.Connections * p.Streams, Origin: r.origin, SteadyFrom: r.from, SteadyTo: r.to,
		Topic: fmt.Sprintf("%s-%d", r.job.cell.ID, r.origin),
	}
}

// planOf is the plan by which the messages of an exchange are due.
func (r *repetition) planOf(c proto.Call) *pace.Plan {
	if c.Pattern == proto.Fanout { // all subscribers get the topic's one plan
		return pace.NewPlan(c.Profile, c.Arrivals, c.Seed, 0, 1)
	}
	return pace.NewPlan(c.Profile, c.Arrivals, c.Seed, c.Share, c.Of)
}

// waitUntil returns at t, when ctx ends, or when no stream is left.
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
		case <-r.allEnded:
			return
		case <-tick.C:
			r.report()
			r.sweep()
			if r.steady {
				r.rep.Aborted = r.aborts(time.Duration(clock.Now() - r.from))
			}
			if r.rep.Aborted != "" {
				return
			}
		}
	}
}

func (r *repetition) report() {
	s := r.status
	s.Recorded = r.sink.Count()
	s.P50, s.P99 = r.sink.Live()
	now := clock.Now()
	if r.steady {
		s.Elapsed, s.Length = time.Duration(now-r.from), time.Duration(r.to-r.from)
	}
	if r.open() {
		const glance = int64(10 * time.Millisecond)
		at := min(max(now-r.origin, glance), int64(r.profile.Length()))
		s.HasPlan = true
		s.Planned = (r.profile.CountAt(at) - r.profile.CountAt(at-glance)) / (10 * time.Millisecond).Seconds()
		if r.job.pattern() == proto.Fanout {
			s.Planned *= float64(len(r.exchanges))
		}
	}
	r.lately(&s, now)
	r.opts.watch(s)
}

// A snapshot is what both sides have used up to a moment.
type snapshot struct {
	at     int64
	client usage.Usage
	waits  usage.Waits
	spin   time.Duration
	wire   result.Wire
	server proto.Stats
	known  bool // the server's
}

func (r *repetition) snapshot(ctx context.Context) snapshot {
	// An interrupted repetition still wants its last figures.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.server.patience())
	defer cancel()
	s := snapshot{at: clock.Now(), client: usage.Read(), waits: usage.ReadWaits(), wire: r.dialer.total()}
	for _, m := range r.metronomes {
		s.spin += m.Spun()
	}
	var err error
	s.server, err = r.server.stats(ctx)
	s.known = err == nil
	return s
}

func (j job) pattern() proto.Pattern { return proto.Pattern(j.point.Pattern) }

// broke counts an error of a stream, unless the stream was broken off here.
func (r *repetition) broke(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing {
		return
	}
	class := driver.Class(err)
	count(&r.amiss[r.phaseOfEnd()].broken, class)
	r.example(class, err.Error())
}
