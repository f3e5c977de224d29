package loadgen

import (
	"context"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rtbench/proto/clock"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

// Lateness measures the pacer's lateness on this machine at rate (messages/s), without sending:
// the times from due to fired, in nanoseconds. It ends early when ctx does.
func Lateness(ctx context.Context, rate float64, d time.Duration) *hdrhistogram.Histogram {
	m := pace.NewMetronome(pace.Spin(Environment().GOMAXPROCS, rate))
	defer m.Close()
	p := &latenessTask{lateness: record.NewHistogram(), done: make(chan struct{})}
	plan := pace.NewPlan(pace.Profile{{Duration: d, From: rate, To: rate}}, pace.Constant, 0, 0, 1)
	m.Add(clock.Now()+int64(20*time.Millisecond), plan, p)
	select {
	case <-p.done:
	case <-ctx.Done():
		m.Remove(p)
		<-p.done
	}
	return p.lateness
}

// latenessTask is a pace.Task that records its lateness.
type latenessTask struct {
	lateness *hdrhistogram.Histogram
	done     chan struct{}
}

func (p *latenessTask) Fire(due int64) bool {
	_ = p.lateness.RecordValue(max(0, min(clock.Now()-due, record.Highest)))
	return true
}

func (p *latenessTask) Done() { close(p.done) }
