package record_test

import (
	"testing"

	"pgregory.net/rapid"

	"rtbench/proto"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

// A look returns what the totals are at that time, however often one looked before, and what the last one did with its
// histograms does not matter.
func TestPeekIsTotals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sink := record.NewSink(pace.Window{From: 0, To: 10 * second})
		r := record.NewRecorder(sink)
		now := int64(0)
		for range rapid.IntRange(1, 5).Draw(t, "looks") {
			for range rapid.IntRange(0, 200).Draw(t, "messages") {
				late := rapid.Int64Range(0, second).Draw(t, "late")
				took := rapid.Int64Range(0, 3*second).Draw(t, "took")
				r.Record(proto.Header{Intended: now, Sent: now + late}, now+late+took)
				now += second / 100
			}
			r.Flush()
			sameHistograms(t, sink.Peek(), sink.Totals())
			_ = sink.Peek().Low.RecordValues(1, 1000)
		}
	})
}

func sameHistograms(t *rapid.T, got, want record.Histograms) {
	if got.Clamped != want.Clamped {
		t.Errorf("%d clamped, want %d", got.Clamped, want.Clamped)
	}
	if !got.Lag.Equals(want.Lag) || !got.Service.Equals(want.Service) || !got.Low.Equals(want.Low) || !got.Response.Equals(want.Response) {
		t.Error("a histogram differs")
	}
}

// filled returns a sink with 10,000 messages from 0.1 to 10 ms.
func filled() *record.Sink {
	sink := record.NewSink(pace.Window{From: 0, To: 10 * second})
	r := record.NewRecorder(sink)
	for i := range int64(10000) {
		sent := i * second / 2000
		r.Record(proto.Header{Intended: sent, Sent: sent + 100}, sent+100_000+i*990)
	}
	r.Flush()
	return sink
}

func BenchmarkTotals(b *testing.B) {
	sink := filled()
	b.ReportAllocs()
	for b.Loop() {
		sink.Totals()
	}
}

func BenchmarkPeek(b *testing.B) {
	sink := filled()
	sink.Peek()
	b.ReportAllocs()
	for b.Loop() {
		sink.Peek()
	}
	if n := testing.AllocsPerRun(10, func() { sink.Peek() }); n > 0 {
		b.Errorf("%v allocations", n)
	}
}

func BenchmarkLive(b *testing.B) {
	sink := filled()
	b.ReportAllocs()
	for b.Loop() {
		sink.Live()
	}
}
