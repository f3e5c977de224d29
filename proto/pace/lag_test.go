package pace_test

import (
	"sort"
	"testing"
	"time"

	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

// lags records the lag of each message.
type lags struct {
	late  []int64
	ended chan struct{}
}

func (l *lags) Fire(due int64) bool {
	l.late = append(l.late, clock.Now()-due)
	return true
}

func (l *lags) Done() { close(l.ended) }

// BenchmarkLag measures the lag of one thread in nanoseconds, median and p99.
func BenchmarkLag(b *testing.B) {
	for name, rate := range map[string]float64{"1k": 1e3, "10k": 1e4, "100k": 1e5} {
		b.Run(name, func(b *testing.B) {
			length := time.Duration(float64(max(b.N, 1000)) / rate * 1e9)
			l := &lags{late: make([]int64, 0, max(b.N, 1000)+1), ended: make(chan struct{})}
			m := pace.NewMetronome(60 * time.Microsecond)
			defer m.Close()
			m.Add(clock.Now()+1e7, pace.NewPlan(constant(rate, length), pace.Constant, 0, 0, 1), l)
			<-l.ended
			sort.Slice(l.late, func(i, j int) bool { return l.late[i] < l.late[j] })
			b.ReportMetric(float64(l.late[len(l.late)/2]), "lag-p50-ns")
			b.ReportMetric(float64(l.late[len(l.late)*99/100]), "lag-p99-ns")
		})
	}
}

// A freeTask is always due. It measures the metronome's own cost.
type freeTask struct {
	left int
	done chan struct{}
}

func (f *freeTask) Fire(int64) bool { f.left--; return f.left > 0 }
func (f *freeTask) Done()           { close(f.done) }

// The pacer's cost per message with a thousand streams.
func BenchmarkFire(b *testing.B) {
	const streams = 1000
	m := pace.NewMetronome(0)
	defer m.Close()
	profile := constant(1e9, time.Hour)
	tasks := make([]*freeTask, streams)
	b.ReportAllocs()
	for i := range tasks {
		tasks[i] = &freeTask{left: b.N/streams + 1, done: make(chan struct{})}
	}
	origin := clock.Now() - int64(time.Hour)
	for i, t := range tasks {
		m.Add(origin, pace.NewPlan(profile, pace.Constant, 0, i, streams), t)
	}
	for _, t := range tasks {
		<-t.done
	}
}
