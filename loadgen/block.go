package loadgen

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"rtbench/loadgen/session"
	"rtbench/loadgen/target"
	"rtbench/loadgen/watchdog"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
	"rtbench/report/result"
	"rtbench/scenarios/cell"
)

// A block is a number of jobs that run together: their servers stay up with all streams open, and
// the loads alternate in turns. What disturbs the machine for longer than a turn then disturbs all
// of them.
type block []job

const (
	// turnLead and turnWindow are the parts of a turn. Shorter turns cancel faster changes of the
	// machine, but measure more of the change from one load to the next.
	turnLead   = 10 * time.Millisecond
	turnWindow = 100 * time.Millisecond
	// maxLoads and maxBlockStreams bound a block: idle streams take memory, and turns of many loads
	// are far apart.
	maxLoads        = 8
	maxBlockStreams = 600
)

// blocks groups the jobs that can alternate. Unless each cell of a scenario has another to alternate
// with, all run alone: cells are compared, so they are measured in the same way.
func (o Options) blocks(jobs []job) (out []block) {
	for len(jobs) > 0 {
		first := jobs[0]
		n := slices.IndexFunc(jobs, func(j job) bool { return j.index != first.index || j.cell.Scenario != first.cell.Scenario })
		if n < 0 {
			n = len(jobs)
		}
		round := grouped(jobs[:n])
		if o.OneByOne || slices.ContainsFunc(round, func(b block) bool { return len(b) == 1 }) {
			round = alone(jobs[:n])
		}
		out = append(out, round...)
		jobs = jobs[n:]
	}
	return out
}

// alone returns a block for each job.
func alone(jobs []job) (out []block) {
	for _, j := range jobs {
		out = append(out, block{j})
	}
	return out
}

// grouped groups the jobs of a round that can alternate.
func grouped(round []job) (out []block) {
	var streams int
	for i, j := range round {
		n := j.cell.Connections * j.cell.Streams
		last := len(out) - 1
		if i > 0 && out[last].takes(j) && len(out[last]) < maxLoads && streams+n <= maxBlockStreams {
			out[last] = append(out[last], j)
			streams += n
		} else {
			out = append(out, block{j})
			streams = n
		}
	}
	return out
}

// takes reports whether j can alternate with the jobs of b, which are of the same round.
func (b block) takes(j job) bool {
	return j.canPause() && !slices.ContainsFunc(b, func(other job) bool {
		return !other.canPause() || !j.apart(other) || j.cell.Warmup != other.cell.Warmup || j.cell.Steady != other.cell.Steady
	})
}

// apart reports whether the jobs have servers of their own, so that the resource use of each is
// known.
func (j job) apart(other job) bool {
	started := func(j job) bool { return j.whole.Target == "" && !j.custom() }
	return started(j) && started(other) || j.side.name != other.side.name && j.cell.Target != other.cell.Target
}

// onLoops reports whether event loops drive the job's streams. Where goroutines do, pacers and loops of
// other loads in the process starve Go's network poller: gRPC's p99 grew from 5 to 50 ms beside them.
func (j job) onLoops() bool {
	c := j.cell
	posts := proto.Posts(c.Protocol) && !proto.Pattern(c.Pattern).FromServer()
	return c.Stack == proto.Lean && runtime.GOOS == "linux" && !c.TLS && c.Think.Most() == 0 && !proto.Multiplexes(c.Protocol) && !posts
}

// canPause reports whether the job's load can stop and go on: it has no groups, rtbench paces it, at a
// constant rate or in a closed loop, and neither a condition nor a metric of the server depends on real time.
func (j job) canPause() bool {
	c := j.cell
	if !j.onLoops() || len(j.others) > 0 || j.custom() && j.scenario.Custom.Stats.Watches() {
		return false
	}
	for _, t := range j.scenario.Thresholds {
		if t.Abort || t.Window > 0 {
			return false
		}
	}
	sends := proto.Pattern(c.Pattern).Traffic().ClientSends
	switch {
	case c.Connecting != "" || c.Churns() || c.HasPolicy() || c.Network.Emulated() || len(c.Stages) > 0 || c.HasWave() || c.Trace.Times != nil || c.Steady < 2*turnWindow:
		return false
	case c.Model == cell.Open:
		return sends || c.API == ""
	case c.Model == cell.Closed:
		return sends
	}
	return false
}

// turns returns the turns of each job.
func (b block) turns() []pace.Turns {
	steady := b[0].cell.Steady
	rounds := max(1, int((steady+turnWindow/2)/turnWindow))
	out := make([]pace.Turns, len(b))
	for i := range out {
		out[i] = pace.Turns{Lead: turnLead, Window: steady / time.Duration(rounds), Index: i, Of: len(b)}
	}
	return out
}

// run runs the block and returns a repetition for each job. If a server or a stream is missing at
// the beginning, it returns an error; the jobs can still run one by one.
func (b block) run(ctx context.Context, opts Options, statuses []result.Status) ([]*result.Repetition, error) {
	shared := watchdog.Start()
	defer shared.Stop()
	opts.OnStatus = oneAtATime(opts.OnStatus)
	var running []*repetition
	var groups []*session.Group
	var contexts []context.Context
	defer func() {
		for i := len(running) - 1; i >= 0; i-- {
			running[i].close()
		}
	}()
	for i, j := range b {
		srv, err := target.Find(ctx, j.serverSpec())
		if err != nil {
			return nil, err
		}
		defer srv.Stop()
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		go srv.CancelOnExit(ctx, cancel)
		r := newRepetition(ctx, j, opts, statuses[i], srv, &result.Repetition{Started: time.Now()})
		r.watchdog = shared
		running, contexts = append(running, r), append(contexts, ctx)
		r.first().Turns = b.turns()[i]
		groups = append(groups, r.groups...)
	}
	for i, r := range running {
		r.measureBaseline(contexts[i])
		if err := r.readClock(ctx); err != nil {
			return nil, err
		}
	}
	running[0].enter(running[0].phases()[0])
	started := clock.Now()
	if err := session.Open(ctx, groups); err != nil {
		return nil, err
	}
	opened := clock.Now()
	defer relaxGC(groups)()
	for i, r := range running {
		r.connected(started, opened)
		r.start(contexts[i])
	}
	meter := startTurnMeter(running)
	var all sync.WaitGroup
	for i, r := range running {
		r.meter, r.sampler.meter = meter, func() use { return meter.of(r) }
		all.Go(func() { r.runPhases(contexts[i], r.phases()[1:]) })
	}
	all.Wait()
	meter.stop()
	reps := make([]*result.Repetition, len(running))
	for i, r := range running {
		reps[i] = r.rep
	}
	return reps, nil
}

// oneAtATime returns an f that may be called from several goroutines.
func oneAtATime(f func(result.Status)) func(result.Status) {
	if f == nil {
		return nil
	}
	var mu sync.Mutex
	return func(s result.Status) {
		mu.Lock()
		defer mu.Unlock()
		f(s)
	}
}
