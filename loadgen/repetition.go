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
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
	"rtbench/proto/pace"
	"rtbench/proto/record"
	"rtbench/report/result"
)

// manyStreams is from how many streams on it is worth a moment to give back what their
// opening took.
const manyStreams = 1000

// A repetition is one run of a cell: connect, warm-up, steady, drain.
type repetition struct {
	job    job
	opts   Options
	status Status
	server *target.Server
	rep    *result.Repetition

	dialer     dialer
	drivers    []driver.Driver
	exchanges  []*exchange
	profile    pace.Profile
	origin     int64 // time 0 of the plan; the steady phase is [from, to)
	from, to   int64
	steadyEnd  int64 // when the steady phase ended: to, or earlier if it was broken off
	sink       *record.Sink
	metronomes []*pace.Metronome
	steadyNow  bool // the steady phase is on
	watchdog   *watchdog
	lastStatus struct {
		at       int64 // when the status was last told, and how many messages there were
		recorded uint64
	}
	loops     []*eventloop.Loop
	recorders []*record.Recorder // of the loops, then of the goroutines
	messages  []*proto.Message   // of the loops
	sending   sync.WaitGroup
	receiving sync.WaitGroup
	allEnded  chan struct{} // every receiver has ended

	reopenCtx    context.Context // ends when no stream is to be opened anew
	cancelReopen context.CancelFunc

	nextReopening atomic.Int64 // no stream that was short-lived is reopened before

	// stamped reports whether any message had a stamp; see unstamped. If none had, noneStamped
	// says so for people.
	stamped       atomic.Bool
	unstampedGaps *record.Sink
	noneStamped   string

	gaps   *record.Sink // of streams on which the server sends by itself and stamps
	runEnd atomic.Int64 // when what such a server sends began to be no part of the run; 0: it is
	// cutoff says that the drain is over: what is not sent by then is not sent at all.
	cutoff      atomic.Bool
	stopSending context.CancelFunc // wakes senders that wait for a message to fall due
	drainedAt   atomic.Int64       // when the last reply was waited for no more

	mu       sync.Mutex
	closing  bool
	failures [phaseCount]failures
	examples map[string]string // the first of each class
	// How many streams are open; when the last one ended, if none is; how long none was open in
	// the steady phase.
	openStreams                 int
	noneOpenSince, noneOpenTime int64
	phase                       atomic.Int32 // an index of amiss
}

func (r *repetition) run(ctx context.Context) {
	defer r.closeAll()
	r.measureBaseline(ctx)
	r.enterPhase("connect")
	if err := r.connect(ctx); err != nil {
		r.fail(ctx, err)
		return
	}
	defer r.relaxGC()()
	opened := clock.Now()
	r.phase.Store(phaseWarmup)
	r.watchdog = startWatchdog()
	defer r.watchdog.stop()
	r.startStreams(ctx)
	if len(r.exchanges) >= manyStreams {
		debug.FreeOSMemory() // what the opening took
	}
	r.enterPhase("warmup")
	r.waitUntil(ctx, r.from)
	r.phase.Store(phaseSteady)
	before := r.snapshot(ctx)
	stopSampling := r.sample(ctx, before)
	r.enterPhase("steady")
	r.steadyNow = true
	r.waitUntil(ctx, r.to)
	r.steadyNow = false
	r.phase.Store(phaseDrain)
	brokenOff := ctx.Err() != nil || r.rep.Aborted != ""
	after := r.snapshot(ctx)
	if r.steadyEnd = r.to; brokenOff {
		r.steadyEnd = min(r.to, after.at)
	}
	stopSampling()
	r.addSample(before, after)
	r.enterPhase("drain")
	r.drain(ctx)
	end := clock.Now()
	r.closeAll()
	r.rep.Phases.Warmup = time.Duration(r.from - opened)
	r.rep.Phases.Steady = r.steadyLength(after.at)
	r.rep.Phases.Drain = time.Duration(max(0, end-after.at))
	r.collect(before, after)
	r.watchdog.stop()
	until := max(r.to, r.drainedAt.Load())
	r.rep.ClientPauses, r.rep.ClientGaps = r.watchdog.clientPauses(r.from, r.to, until), r.watchdog.clientGaps(r.from, until)
	switch {
	case ctx.Err() != nil:
		r.fail(ctx, context.Cause(ctx))
	case r.brokenStreams() > 0: // the streams of a server that dies break before it is seen
		if died := r.server.ExitError(); died != nil {
			r.fail(ctx, died)
		}
	}
}

// measureBaseline reads how much memory both ends have before there are streams.
func (r *repetition) measureBaseline(ctx context.Context) {
	if r.job.streams() >= manyStreams {
		debug.FreeOSMemory() // what the repetition before took
	}
	s := r.snapshot(ctx)
	r.rep.Client.BeforeBytes = s.client.RSS
	if s.known {
		r.rep.Server.BeforeBytes = s.server.RSS
	}
}

// steadyLength returns how long the steady phase was, which was waited for until last: less
// than all of it if no stream was left. If none broke, they ended with the last message of the
// server's plan, a little before the phase does.
func (r *repetition) steadyLength(last int64) time.Duration {
	end := r.steadyEnd
	if r.brokenStreams() > 0 {
		end = min(end, last)
	}
	return time.Duration(max(0, end-r.from))
}

// fail marks the repetition: interrupted by the user, or broken.
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
