package loadgen

import (
	"context"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/usage"
	"rtbench/report/result"
)

// sampleEvery is the sampling interval. A sample takes 1 ms of CPU at each end, mostly for
// reading /proc and connecting for the server's stats: a thousandth of a core.
const sampleEvery = time.Second

// sample samples the steady phase, starting with before, until stop is called. stop returns after
// the last sample. Sampling runs in its own goroutine so that a slow server delays no phase.
func (r *repetition) sample(ctx context.Context, before snapshot) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	r.addSample(before, before)
	go func() {
		defer close(ended)
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if s := r.sampleSnapshot(ctx); ctx.Err() == nil {
					r.addSample(before, s)
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// sampleSnapshot returns a snapshot without its expensive fields.
func (r *repetition) sampleSnapshot(ctx context.Context) snapshot {
	ctx, cancel := context.WithTimeout(ctx, r.server.StatsTimeout())
	defer cancel()
	s := snapshot{at: clock.Now(), client: usage.Read()}
	for _, m := range r.metronomes {
		s.spin += m.Spun()
	}
	var err error
	s.server, err = r.server.Stats(ctx)
	s.known = err == nil
	return s
}

func (r *repetition) addSample(before, s snapshot) {
	sample := result.Sample{
		At: time.Duration(s.at - r.from), Recorded: r.sink.Count(),
		Client: result.Used{
			CPU:      max(0, s.client.CPU-before.client.CPU-(s.spin-before.spin)),
			RSSBytes: s.client.RSS, GCs: s.client.GCs - before.client.GCs,
		},
	}
	if s.known && before.known {
		if r.job.measuredAtServer() { // the server counts
			sample.Recorded = s.server.MessagesReceived - before.server.MessagesReceived
		}
		sample.Server = &result.Used{
			CPU:      max(0, s.server.CPU-before.server.CPU-(s.server.Spin-before.server.Spin)),
			RSSBytes: s.server.RSS, GCs: s.server.GCs - before.server.GCs,
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rep.Samples = append(r.rep.Samples, sample)
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

func (r *repetition) snapshot(ctx context.Context) snapshot {
	// The final metrics are needed even after an interruption.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.server.StatsTimeout())
	defer cancel()
	s := snapshot{at: clock.Now(), client: usage.Read(), waits: usage.ReadWaits(), wire: r.dialer.total()}
	for _, m := range r.metronomes {
		s.spin += m.Spun()
	}
	var err error
	s.server, err = r.server.Stats(ctx)
	s.known = err == nil
	return s
}
