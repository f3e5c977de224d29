package loadgen

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/target"
	"rtbench/loadgen/watchdog"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
	"rtbench/proto/pace"
	"rtbench/proto/record"
	"rtbench/report/result"
)

// A repetition is one run of a cell: connect, warm-up, steady state, drain.
type repetition struct {
	job    job
	opts   Options
	status Status
	server *target.Server
	rep    *result.Repetition

	sampler    sampler
	policy     policy
	traffic    traffic
	dialer     dialer
	drivers    []driver.Driver
	exchanges  []*exchange
	profile    pace.Profile
	origin     int64 // time 0 of the plan; the steady phase is [from, to)
	from, to   int64
	steadyEnd  int64 // to, or earlier if the steady phase was cut short
	sink       *record.Sink
	metronomes []*pace.Metronome
	steadyNow  bool // in the steady phase
	watchdog   *watchdog.Watchdog
	lastStatus struct {
		at       int64 // of the last status, with its message count
		recorded uint64
	}
	loops     []*eventloop.Loop
	recorders []*record.Recorder // of the loops, then of the goroutines
	messages  []*proto.Message   // of the loops or metronomes
	sending   sync.WaitGroup
	receiving sync.WaitGroup
	allEnded  chan struct{} // closed once every receiver has ended

	reopenCtx    context.Context // ends when streams are no longer reopened
	cancelReopen context.CancelFunc

	nextReopening atomic.Int64 // earliest time to reopen a short-lived stream

	// stamped reports whether any message had a stamp; see unstamped.go. If none had, noneStamped
	// is the explanation.
	stamped       atomic.Bool
	unstampedGaps *record.Sink
	noneStamped   string

	gaps   *record.Sink // gaps between pushed messages that are stamped
	runEnd atomic.Int64 // messages pushed after this time do not belong to the run; 0: not ended
	// cutoff is set at the end of the drain; nothing is sent after it.
	cutoff      atomic.Bool
	stopSending context.CancelFunc // wakes senders that wait for their next message
	drainedAt   atomic.Int64       // end of waiting for replies

	mu       sync.Mutex
	closing  bool
	failures [phaseCount]failures
	examples map[string]string // the first of each class
	// openStreams is the number of open streams. noneOpenSince is the time at which it became 0,
	// and noneOpenTime how long it was 0 in the steady phase.
	openStreams                 int
	noneOpenSince, noneOpenTime int64
	phase                       atomic.Int32 // an index of failures
}

func (r *repetition) run(ctx context.Context) {
	defer r.closeAll()
	r.policy, r.traffic = r.job.policy(), trafficOf(r.job)
	r.reopenCtx, r.cancelReopen = context.WithCancel(ctx)
	r.sampler = sampler{server: r.server, wire: r.dialer.total, spun: r.spun}
	if !r.traffic.summary {
		r.sampler.recorded = func() uint64 { return r.sink.Count() }
	}
	r.measureBaseline(ctx)
	r.enterPhase("connect")
	if err := r.connect(ctx); err != nil {
		r.fail(ctx, err)
		return
	}
	defer r.relaxGC()()
	opened := clock.Now()
	r.phase.Store(phaseWarmup)
	r.watchdog = watchdog.Start()
	defer r.watchdog.Stop()
	r.startStreams(ctx)
	if len(r.exchanges) >= result.ManyStreams {
		debug.FreeOSMemory() // used to open the streams
	}
	r.enterPhase("warmup")
	r.waitUntil(ctx, r.from)
	r.phase.Store(phaseSteady)
	before := r.sampler.snapshot(ctx)
	stopSampling := r.sampler.start(ctx, r.from, before)
	r.enterPhase("steady")
	r.steadyNow = true
	r.waitUntil(ctx, r.to)
	r.steadyNow = false
	r.phase.Store(phaseDrain)
	brokenOff := ctx.Err() != nil || r.rep.Aborted != ""
	after := r.sampler.snapshot(ctx)
	if r.steadyEnd = r.to; brokenOff {
		r.steadyEnd = min(r.to, after.at)
	}
	stopSampling()
	r.sampler.add(after)
	r.rep.Samples = r.sampler.samples
	r.enterPhase("drain")
	r.drain(ctx)
	end := clock.Now()
	r.closeAll()
	r.rep.Phases.Warmup = time.Duration(r.from - opened)
	r.rep.Phases.Steady = r.steadyLength(after.at)
	r.rep.Phases.Drain = time.Duration(max(0, end-after.at))
	r.collect(before, after)
	r.watchdog.Stop()
	until := max(r.to, r.drainedAt.Load())
	r.rep.ClientPauses, r.rep.ClientGaps = r.watchdog.Pauses(r.from, r.to, until), r.watchdog.Gaps(r.from, until)
	switch {
	case ctx.Err() != nil:
		r.fail(ctx, context.Cause(ctx))
	case r.brokenStreams() > 0: // connections break before the exit is seen
		if died := r.server.ExitError(); died != nil {
			r.fail(ctx, died)
		}
	}
}

// measureBaseline reads the memory use of both ends before streams are opened.
func (r *repetition) measureBaseline(ctx context.Context) {
	if r.job.streams() >= result.ManyStreams {
		debug.FreeOSMemory() // used by the previous repetition
	}
	s := r.sampler.snapshot(ctx)
	r.rep.Client.BeforeBytes = s.client.RSS
	if s.known {
		r.rep.Server.BeforeBytes = s.server.RSS
	}
}

// steadyLength returns the length of the steady phase, which ended at last. It is shorter than
// planned if no stream was left. If no stream broke, the streams ended with the last message of
// the server's plan, shortly before the phase.
func (r *repetition) steadyLength(last int64) time.Duration {
	end := r.steadyEnd
	if r.brokenStreams() > 0 {
		end = min(end, last)
	}
	return time.Duration(max(0, end-r.from))
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

func (r *repetition) enterPhase(phase string) {
	r.status.Phase = phase
	r.opts.notify(r.status)
}

// unopened returns the number of streams that failed to open.
func (r *repetition) unopened() uint64 { return uint64(max(0, r.job.streams()-len(r.exchanges))) }
