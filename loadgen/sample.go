package loadgen

import (
	"context"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/usage"
	"rtbench/report/result"
)

// sampleEvery is the time between two samples. One takes 1 ms of CPU at each end, most of
// it for reading /proc and a connection for the server's stats (200 of them to a server at
// rest on 2 cores of an AMD EPYC): a thousandth of a core, and none of a phase that is
// shorter.
const sampleEvery = time.Second

// sample takes samples from the steady phase, beginning with before, until stop is
// called, which returns when no more are taken. It has a goroutine of its own, so that a
// server that answers late holds up no phase.
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

// sampleSnapshot is a snapshot of what a sample needs, and of nothing that costs more.
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
		if r.job.measuredAtServer() { // what is sent is counted at the server
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
