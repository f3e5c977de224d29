package loadgen

import (
	"context"
	"slices"
	"sync"
	"time"

	"rtbench/loadgen/servermetrics"
	"rtbench/loadgen/target"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
	"rtbench/proto/record"
	"rtbench/proto/usage"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// sampleEvery is the sampling interval, and sampleStorm that with events. A sample takes 1 ms of CPU at each
// end, mostly for reading /proc and connecting for the server's stats: a thousandth of a core, or a
// two-hundredth.
const (
	sampleEvery = time.Second
	sampleStorm = 200 * time.Millisecond
)

// sampleInterval returns the sampling interval of a cell.
func sampleInterval(c *scenarios.Cell) time.Duration {
	if len(c.Events) > 0 {
		return sampleStorm
	}
	return sampleEvery
}

// snapshotTimeout is how long to wait for the server's stats before and after the steady phase. On
// busy cores they take long, but without them nothing is known of the server.
const snapshotTimeout = 2 * time.Second

// A sampler reads the resource use of both ends.
type sampler struct {
	server   *target.Server
	wire     func() result.Wire
	spun     func() time.Duration // by the pacers
	recorded func() uint64        // messages so far; nil if the server counts them
	meter    func() use           // the generator's use by this load so far, if it shares the process; else nil
	every    time.Duration        // the sampling interval
	from     int64                // the steady phase
	before   snapshot             // at its start
	edges    [2]edge              // of the steady phase, if the messages of a closed loop passed them
	cancel   context.CancelFunc
	sampling sync.WaitGroup
	watch    *servermetrics.Watch // of the server's own metrics; nil if the scenario names none
	watched  *result.ServerMetrics

	mu      sync.Mutex
	samples []result.Sample
}

// A use is the resource use of one end up to a moment.
type use struct {
	usage.Usage
	spin time.Duration
}

// since returns the use after b, without spinning.
func (u use) since(b use) result.Used {
	return result.Used{CPU: max(0, u.CPU-b.CPU-(u.spin-b.spin)), RSSBytes: u.RSS, GCs: u.GCs - b.GCs}
}

// resources returns the use after b.
func (u use) resources(b use, baseline int64) result.Resources {
	return result.Resources{
		Known: true, CPU: u.CPU - b.CPU, Spin: u.spin - b.spin, RSSBytes: u.RSS, BeforeBytes: baseline,
		Goroutines: u.Goroutines, GCs: u.GCs - b.GCs, GCPause: u.GCPause - b.GCPause, GOGC: u.GOGC,
	}
}

// An edge is a reading, at the beginning or end of the steady phase, of the values that must be read in time.
type edge struct {
	at             int64 // 0 if it was not passed
	client, server time.Duration
	wire           result.Wire
}

// edge reads at an edge of the steady phase. It takes some microseconds.
func (p *sampler) edge(end bool) {
	e := edge{at: clock.Now(), client: usage.CPU(), server: p.server.CPU(), wire: p.wire()}
	p.mu.Lock()
	defer p.mu.Unlock()
	if end {
		p.edges[1] = e
	} else {
		p.edges[0] = e
	}
}

// with returns s with the values read at an edge, if that was earlier.
func (s snapshot) with(e edge) snapshot {
	if e.at == 0 || e.at >= s.at {
		return s
	}
	s.at, s.wire, s.client.CPU = e.at, e.wire, e.client
	if e.server > 0 {
		s.serverAt, s.server.CPU = e.at, e.server
	}
	return s
}

// A snapshot is the resource use of both ends up to a moment.
type snapshot struct {
	at                int64
	serverAt          int64 // of server; that of the answer if the server read it itself
	client, server    use
	waits             usage.Waits
	machine           usage.Machine
	wire              result.Wire
	received, dropped uint64 // by the server
	known             bool   // server, received and dropped hold values
}

// snapshot reads everything, even after an interruption: the final metrics are needed.
func (p *sampler) snapshot(ctx context.Context) snapshot {
	waits, wire := usage.ReadWaits(), p.wire()
	s := p.read(context.WithoutCancel(ctx), snapshotTimeout)
	s.waits, s.wire, s.machine = waits, wire, usage.ReadMachine()
	return s
}

// read returns a snapshot without its expensive fields.
func (p *sampler) read(ctx context.Context, limit time.Duration) snapshot {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	s := snapshot{at: clock.Now(), client: use{usage.Read(), p.spun()}}
	if st, err := p.server.Stats(ctx); err == nil {
		s.known, s.server, s.received, s.dropped = true, use{st.Usage, st.Spin}, st.MessagesReceived, st.Dropped
		if s.serverAt = s.at; p.server.CPU() == 0 {
			s.serverAt = clock.Now()
		}
	}
	return s
}

// start samples the steady phase, which begins at from, until stop is called. Sampling runs in its own
// goroutine so that a slow server delays no phase.
func (p *sampler) start(ctx context.Context, from int64) {
	p.from, p.before = from, p.snapshot(ctx)
	p.add(p.before)
	if p.watch != nil {
		p.watch.Start(ctx)
	}
	ctx, p.cancel = context.WithCancel(ctx)
	if p.meter != nil { // reading would disturb the other loads
		return
	}
	p.sampling.Go(func() {
		tick := time.NewTicker(p.every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if s := p.read(ctx, p.server.StatsTimeout()); ctx.Err() == nil {
					p.add(s)
				}
			case <-ctx.Done():
				return
			}
		}
	})
}

// stop ends sampling with a last sample and returns its snapshot.
func (p *sampler) stop(ctx context.Context) snapshot {
	s := p.snapshot(ctx)
	if p.watch != nil {
		p.watched = p.watch.Stop(ctx)
	}
	p.cancel()
	p.sampling.Wait()
	p.mu.Lock()
	last := time.Duration(s.at - p.from)
	p.samples = slices.DeleteFunc(p.samples, func(other result.Sample) bool { return other.At > last }) // read while s was
	p.mu.Unlock()
	p.add(s)
	return s
}

func (p *sampler) add(s snapshot) {
	b := p.before
	sample := result.Sample{At: time.Duration(s.at - p.from), Client: s.client.since(b.client)}
	if p.recorded != nil {
		sample.Recorded = p.recorded()
	}
	if s.known && b.known {
		if p.recorded == nil {
			sample.Recorded = s.received - b.received
		}
		used := s.server.since(b.server)
		sample.Server = &used
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.samples = append(p.samples, sample)
}

// lastTwo returns the last two samples; they are at the same time if there are fewer.
func (p *sampler) lastTwo() (a, b result.Sample) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.samples); n >= 2 {
		a, b = p.samples[n-2], p.samples[n-1]
	}
	return a, b
}

// fill fills in the resource use of the steady phase w, which ended with after.
func (p *sampler) fill(rep *result.Repetition, w pace.Window, after snapshot, receivers string) {
	p.mu.Lock()
	edges := p.edges
	p.mu.Unlock()
	b := p.before.with(edges[0])
	after = after.with(edges[1])
	late := func(begin, end int64) time.Duration { return time.Duration(max(0, begin-w.From) + max(0, end-w.To)) }
	rep.Samples, rep.ServerMetrics = p.samples, p.watched
	rep.Wire = result.Wire{SentBytes: after.wire.SentBytes - b.wire.SentBytes, ReceivedBytes: after.wire.ReceivedBytes - b.wire.ReceivedBytes}
	if p.meter != nil {
		used := p.meter()
		after.client.CPU, after.client.spin = b.client.CPU+used.CPU, b.client.spin+used.spin
		after.client.RSS, rep.Client.BeforeBytes, rep.Samples = 0, 0, nil // of all loads together
	}
	rep.Client = after.client.resources(b.client, rep.Client.BeforeBytes)
	if p.meter == nil { // it reads at the edges of turns
		rep.Client.Late = late(b.at, after.at)
	}
	rep.Client.Receivers = receivers
	rep.Client.Scheduling = distribution(after.waits.Scheduling, b.waits.Scheduling)
	rep.Client.GCPauses = distribution(after.waits.GC, b.waits.GC)
	rep.Machine = result.Machine{
		Steal: after.machine.Steal - b.machine.Steal, Throttled: after.machine.Throttled - b.machine.Throttled,
		Pressure: after.machine.Pressure - b.machine.Pressure,
	}
	if b.known && after.known {
		if p.server.Restarts() > 0 { // its memory is that of another process
			rep.Server.BeforeBytes = 0
		}
		rep.Server = after.server.resources(b.server, rep.Server.BeforeBytes)
		if p.meter == nil {
			rep.Server.Late = late(b.serverAt, after.serverAt)
		}
		rep.Server.Source = p.server.StatsSource()
		rep.Counters.Dropped = after.dropped - b.dropped
	}
}

func distribution(after, before usage.Distribution) result.Histogram {
	h := record.NewHistogram()
	for d, n := range after.Since(before) {
		_ = h.RecordValues(min(int64(d), record.Highest), int64(n))
	}
	return result.Wrap(h)
}
