package server

import (
	"fmt"
	"runtime"
	"testing"

	"rtbench/proto"
)

// The pacer's cost of publishing a message to subscribers with goroutines. It encodes
// once and does not allocate per subscriber.
func BenchmarkPublish(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprintf("%d subscribers", n), func(b *testing.B) {
			s, err := Start(Config{})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			t := &topic{server: s}
			for range n {
				t.add(&subscriber{hub: &s.hub, call: proto.Call{Size: 128}, st: &sink{}})
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			b.ReportAllocs()
			for i := range b.N {
				t.Fire(int64(i))
			}
			b.StopTimer()
			runtime.ReadMemStats(&after)
			// A shared message is new if all others are in flight; goroutines start to
			// run.
			if each := float64(after.Mallocs-before.Mallocs) / float64(b.N*n); b.N > 100 && n > 1 && each > 0.05 {
				b.Errorf("%.2f allocations a subscriber", each)
			}
			for _, g := range t.groups {
				q, _ := g.(*queueGroup)
				for _, sub := range q.subscribers {
					close(sub.gone)
					sub.closeQueue()
				}
				for _, sub := range q.subscribers {
					sub.wait()
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/subscriber")
		})
	}
}

// A sink is a stream that accepts everything.
type sink struct{ undriven }

func (*sink) Send([]byte) error { return nil }
func (*sink) CloseSend() error  { return nil }
func (*sink) CloseSent() error  { return nil }
func (*sink) Close() error      { return nil }
func (*sink) kind() string      { return "sink" }
func (*sink) encodeShared(into *sharedMessage, p []byte) error {
	into.bytes = append(into.bytes[:0], p...)
	return nil
}
func (*sink) sendShared(*sharedMessage) error { return nil }
