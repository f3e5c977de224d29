package record_test

import (
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"

	"rtbench/proto"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

const second = int64(time.Second)

func TestRecorderTotalsAndSlots(t *testing.T) {
	sink := record.NewSink(pace.Window{From: 10 * second, To: 20 * second})
	r := record.NewRecorder(sink)
	for i := range int64(3000) {
		sent := 10*second + i*second/1000
		r.Record(proto.Header{Intended: sent - 5, Sent: sent}, sent+100)
	}
	r.Record(proto.Header{Intended: 13*second + 9, Sent: 13*second + 9}, 13*second+8)
	r.Record(proto.Header{Intended: 12 * second, Sent: 12 * second}, 90*second) // a late reply, in its own slot
	r.Flush()
	totals := sink.Totals()
	if n := totals.Response.TotalCount(); n != 3002 || sink.Count() != 3002 {
		t.Fatalf("%d recorded, %d counted, want 3002", n, sink.Count())
	}
	if got := totals.Response.ValueAtPercentile(50); got != 105 {
		t.Errorf("response p50 %d, want 105", got)
	}
	if lag, service := totals.Lag.ValueAtPercentile(50), totals.Service.ValueAtPercentile(50); lag != 5 || service != 100 {
		t.Errorf("lag %d and service %d, want 5 and 100", lag, service)
	}
	if totals.Clamped != 2 { // two negative times
		t.Errorf("%d clamped, want 2", totals.Clamped)
	}
	slots := timeline(sink)
	if len(slots) != 81 || slots[80].TotalCount() != 1 {
		t.Fatalf("%d slots, want the late answer in the 81st", len(slots))
	}
	var sum int64
	for _, h := range slots {
		sum += h.TotalCount()
	}
	if sum != 3002 || slots[1].TotalCount() != 1000 {
		t.Errorf("slots hold %d, the second %d; want 3002 and 1000", sum, slots[1].TotalCount())
	}
}

func timeline(s *record.Sink) (slots []*hdrhistogram.Histogram) {
	for _, h := range s.Timeline() {
		slots = append(slots, h)
	}
	return slots
}

func TestLongTimeline(t *testing.T) {
	sink := record.NewSink(pace.Window{To: 200 * second})
	r := record.NewRecorder(sink)
	for i := range int64(200) {
		for j := range i + 1 {
			r.Record(proto.Header{Intended: i * second, Sent: i * second}, i*second+1000+j)
		}
	}
	late := record.NewRecorder(sink)
	late.Record(proto.Header{Intended: second, Sent: second}, second+7) // into a packed slot
	r.Flush()
	late.Flush()
	for i, h := range timeline(sink) {
		want := int64(i) + 1
		if i == 1 {
			want++
		}
		if h.TotalCount() != want {
			t.Fatalf("slot %d holds %d, want %d", i, h.TotalCount(), want)
		}
	}
}

// Each message is in the slot of its arrival, in whatever order the recorders flush.
func TestTimelineInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sink := record.NewSink(pace.Window{To: 10 * second})
		want := map[int]int64{}
		recorders := record.NewRecorders(sink, 3)
		var at [3]int64
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			i := rapid.IntRange(0, 2).Draw(t, "recorder")
			if rapid.Bool().Draw(t, "flush") {
				recorders[i].Flush()
				continue
			}
			at[i] += rapid.Int64Range(0, 4*second).Draw(t, "later")
			recorders[i].Record(proto.Header{Intended: at[i] - 7, Sent: at[i] - 5}, at[i])
			want[int(at[i]/second)]++
		}
		for _, r := range recorders {
			r.Flush()
		}
		total := int64(0)
		for i, h := range sink.Timeline() {
			if h.TotalCount() != want[i] {
				t.Fatalf("slot %d holds %d, want %d", i, h.TotalCount(), want[i])
			}
			total += h.TotalCount()
		}
		if n := sink.Totals(); n.Response.TotalCount() != total || uint64(total) != sink.Count() || n.Lag.TotalCount() != total {
			t.Fatalf("the slots hold %d, all together %d, of %d", total, n.Response.TotalCount(), sink.Count())
		}
	})
}
