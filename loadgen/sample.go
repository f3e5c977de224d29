package loadgen

import (
	"context"
	"sync"
	"time"

	"rtbench/loadgen/target"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/usage"
	"rtbench/report/result"
)

// sampleEvery is the sampling interval. A sample takes 1 ms of CPU at each end, mostly for
// reading /proc and connecting for the server's stats: a thousandth of a core.
const sampleEvery = time.Second

// A sampler reads the resource use of both ends.
type sampler struct {
	server   *target.Server
	wire     func() result.Wire
	spun     func() time.Duration // by the pacers
	recorded func() uint64        // messages so far; nil if the server counts them
	from     int64                // the steady phase
	before   snapshot             // at its start
	cancel   context.CancelFunc
	sampling sync.WaitGroup

	mu      sync.Mutex
	samples []result.Sample
}

// A snapshot is the resource use of both ends up to a moment.
type snapshot struct {
	at     int64
	client usage.Usage
	waits  usage.Waits
	spin   time.Duration
	wire   result.Wire
	server proto.Stats
	known  bool // server holds values
}

// snapshot reads everything, even after an interruption: the final metrics are needed.
func (p *sampler) snapshot(ctx context.Context) snapshot {
	waits, wire := usage.ReadWaits(), p.wire()
	s := p.read(context.WithoutCancel(ctx))
	s.waits, s.wire = waits, wire
	return s
}

// read returns a snapshot without its expensive fields.
func (p *sampler) read(ctx context.Context) snapshot {
	ctx, cancel := context.WithTimeout(ctx, p.server.StatsTimeout())
	defer cancel()
	s := snapshot{at: clock.Now(), client: usage.Read(), spin: p.spun()}
	var err error
	s.server, err = p.server.Stats(ctx)
	s.known = err == nil
	return s
}

// start samples the steady phase, which begins at from, until stop is called. Sampling runs in its own
// goroutine so that a slow server delays no phase.
func (p *sampler) start(ctx context.Context, from int64) {
	p.from, p.before = from, p.snapshot(ctx)
	p.add(p.before)
	ctx, p.cancel = context.WithCancel(ctx)
	p.sampling.Go(func() {
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if s := p.read(ctx); ctx.Err() == nil {
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
	p.cancel()
	p.sampling.Wait()
	p.add(s)
	return s
}

func (p *sampler) add(s snapshot) {
	b := p.before
	sample := result.Sample{
		At: time.Duration(s.at - p.from),
		Client: result.Used{
			CPU:      max(0, s.client.CPU-b.client.CPU-(s.spin-b.spin)),
			RSSBytes: s.client.RSS, GCs: s.client.GCs - b.client.GCs,
		},
	}
	if p.recorded != nil {
		sample.Recorded = p.recorded()
	}
	if s.known && b.known {
		if p.recorded == nil {
			sample.Recorded = s.server.MessagesReceived - b.server.MessagesReceived
		}
		sample.Server = &result.Used{
			CPU:      max(0, s.server.CPU-b.server.CPU-(s.server.Spin-b.server.Spin)),
			RSSBytes: s.server.RSS, GCs: s.server.GCs - b.server.GCs,
		}
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
