package record_test

import (
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

// naive is a ledger with unlimited memory.
type naive struct{ received, duplicates, outOfOrder, highest uint64 }

func count(arrived []uint64) naive {
	seen := map[uint64]bool{}
	n := naive{}
	for _, seq := range arrived {
		switch {
		case seen[seq]:
			n.duplicates++
			continue
		case seq < n.highest:
			n.outOfOrder++
		}
		seen[seq] = true
		n.received++
		n.highest = max(n.highest, seq)
	}
	return n
}

func TestLedgerMatchesNaiveCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sent := rapid.Uint64Range(1, 3000).Draw(t, "sent")
		var arrived []uint64
		for seq := range sent {
			switch rapid.IntRange(0, 20).Draw(t, "fate") {
			case 0: // lost
			case 1:
				arrived = append(arrived, seq, seq)
			case 2: // overtaken by up to 100 others
				at := max(0, len(arrived)-rapid.IntRange(0, 100).Draw(t, "by"))
				arrived = append(arrived[:at], append([]uint64{seq}, arrived[at:]...)...)
			default:
				arrived = append(arrived, seq)
			}
		}
		var l record.Ledger
		for _, seq := range arrived {
			l.Note(seq)
		}
		l.Close(sent)
		want := count(arrived)
		if l.Received != want.received || l.Duplicates != want.duplicates || l.OutOfOrder != want.outOfOrder || l.Lost != sent-want.received {
			t.Fatalf("ledger %d/%d/%d/%d, want %+v of %d sent", l.Received, l.Duplicates, l.OutOfOrder, l.Lost, want, sent)
		}
	})
}

// In any order, once all messages have arrived none is lost, and the steady phase's own
// are counted.
func TestLedgerSteadyPhase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := make([]uint64, rapid.IntRange(1, 300).Draw(t, "messages"))
		for i := range order {
			order[i] = uint64(i)
		}
		order = rapid.Permutation(order).Draw(t, "order")
		from := rapid.Uint64Range(0, 300).Draw(t, "from")
		to := rapid.Uint64Range(from, 300).Draw(t, "to")
		var l record.Ledger
		want := record.Tally{}
		for _, seq := range order {
			steady := seq >= from && seq < to
			if l.NoteIn(seq, steady); steady {
				want.Received++
			}
			if rapid.Bool().Draw(t, "twice") {
				if l.NoteIn(seq, steady); steady {
					want.Duplicates++
				}
			}
			if l.Steady.Lost > l.Lost {
				t.Fatalf("lost %d, of them in the steady phase %d", l.Lost, l.Steady.Lost)
			}
		}
		want.OutOfOrder = l.Steady.OutOfOrder
		if l.Steady != want || l.Lost != 0 || l.Received != uint64(len(order)) {
			t.Fatalf("%+v, want %+v in the steady phase", l, want)
		}
	})
}

// A message counts as received if at most 65,536 later ones precede it.
func TestLedgerLateMessages(t *testing.T) {
	for _, late := range []uint64{1, 1023, 1024, 1025, 5000, 65_000} {
		var l record.Ledger
		const every, n = 100, uint64(80_000)
		for seq := range n + late {
			if seq < n && seq%every != 0 {
				l.Note(seq)
			}
			if old := seq - late; seq >= late && old%every == 0 {
				l.Note(old)
			}
		}
		l.Note(n - 1)
		if l.Received != n || l.Lost != 0 || l.Duplicates != 1 {
			t.Errorf("late by %d: of %d received %d, lost %d, duplicates %d, want 1", late, n, l.Received, l.Lost, l.Duplicates)
		}
	}
}

const second = int64(time.Second)

func TestRecorderTotalsAndSlots(t *testing.T) {
	sink := record.NewSink(10*second, 20*second)
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
	sink := record.NewSink(0, 200*second)
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

func TestRecordingCostsNoAllocation(t *testing.T) {
	sink := record.NewSink(0, second)
	receiver := record.NewReceiver(record.NewRecorder(sink), proto.Call{})
	p := proto.NewMessage(128, false).Stamp(proto.Header{Seq: 1, Intended: 1, Sent: 2})
	for range 2000 { // let buffers grow
		receiver.Take(p, clock.Now())
	}
	if n := testing.AllocsPerRun(2000, func() { receiver.Take(p, clock.Now()) }); n != 0 {
		t.Fatalf("%v allocations a message", n)
	}
}

func TestSummaryRoundTrip(t *testing.T) {
	server := record.NewSink(0, second)
	recorder := record.NewRecorder(server)
	receiver := record.NewReceiver(recorder, proto.Call{Text: true})
	m := proto.NewMessage(100, true)
	for _, seq := range []uint64{0, 1, 1, 4, 3} {
		receiver.Take(m.Stamp(proto.Header{Seq: seq, Intended: int64(seq), Sent: int64(seq) + 10}), clock.Now())
	}
	receiver.Take([]byte("not a message"), clock.Now())
	recorder.Flush()
	sum, err := server.Summarize(receiver.Ledger)
	if err != nil {
		t.Fatal(err)
	}
	b, err := sum.Encode()
	if err != nil {
		t.Fatal(err)
	}
	client := record.NewSink(0, second)
	for range 2 {
		if sum, err = client.Merge(b); err != nil {
			t.Fatal(err)
		}
	}
	l := sum.Ledger
	l.Close(6)
	if l.Received != 4 || l.Duplicates != 1 || l.OutOfOrder != 1 || l.Lost != 2 || l.Corrupt != 1 {
		t.Errorf("ledger %+v", l)
	}
	if n := client.Totals().Lag.TotalCount(); n != 8 || client.Count() != 8 {
		t.Errorf("%d lags of %d messages after two merges of 4", n, client.Count())
	}
}

func FuzzMerge(f *testing.F) {
	sink := record.NewSink(0, second)
	sum, _ := sink.Summarize(record.Ledger{})
	b, _ := sum.Encode()
	f.Add(b)
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = record.NewSink(0, second).Merge(b)
	})
}

func FuzzDecodeHistogram(f *testing.F) {
	h := record.NewHistogram()
	_ = h.RecordValue(5)
	b, _ := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	f.Add(b)
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = record.Decode(b) })
}

func BenchmarkRecord(b *testing.B) {
	sink := record.NewSink(0, second)
	r := record.NewRecorder(sink)
	b.ReportAllocs()
	for i := range b.N {
		sent := int64(i % 900_000_000)
		r.Record(proto.Header{Intended: sent, Sent: sent}, sent+50_000+int64(i&1023))
	}
}

// The whole cost of receiving a message, including the time series.
func BenchmarkTake(b *testing.B) {
	c := proto.Call{Profile: pace.Profile{{Duration: time.Second, From: 1e6, To: 1e6}}, Of: 16, SteadyTo: second}
	m := proto.NewMessage(128, false)
	now := clock.Now()
	r := record.NewReceiver(record.NewRecorder(record.NewSink(now, now+second*1000)), c)
	b.ReportAllocs()
	for i := range b.N {
		r.Take(m.Stamp(proto.Header{Seq: uint64(i), Intended: now, Sent: now + int64(i)}), clock.Now())
	}
}

// Messages sent as planned have the planned gaps; bursts of four do not. A lost message
// leaves no gap.
func TestFlowGapsAndPairs(t *testing.T) {
	const rate, of = 1000, 2
	c := proto.Call{Profile: pace.Profile{{Duration: 4 * time.Second, From: rate, To: rate}}, Of: of, SteadyTo: 4 * second}
	flow := func(sent func(i int64) int64) record.Flow {
		sink := record.NewSink(0, 4*second)
		recorder := record.NewRecorder(sink)
		r := record.NewReceiver(recorder, c)
		m := proto.NewMessage(64, false)
		for i := range int64(1000) {
			h := proto.Header{Seq: uint64(i), Intended: i, Sent: sent(i)}
			if i != 500 { // lost
				r.Take(m.Stamp(h), clock.Now())
			}
		}
		recorder.Flush()
		return sink.Flow()
	}
	even := flow(func(i int64) int64 { return i * 2_000_000 })
	if even.Pairs != 997 || even.Gaps[record.GapsPerMean] != 997 {
		t.Errorf("evenly sent: %d pairs, gaps %v", even.Pairs, even.Gaps)
	}
	bursts := flow(func(i int64) int64 { return i / 4 * 8_000_000 })
	if bursts.Gaps[0] != 749 || bursts.Gaps[record.GapBins-1] != 248 {
		t.Errorf("sent in bursts: gaps %v", bursts.Gaps)
	}
	// On a ramp, gaps are measured in planned messages too.
	c.Profile = pace.Profile{{Duration: 4 * time.Second, From: 0, To: 1000}}
	plan := pace.NewPlan(c.Profile, pace.Constant, 0, 0, of)
	ramp := flow(func(int64) int64 {
		due, _ := plan.Next()
		return int64(due)
	})
	if n := ramp.Gaps[record.GapsPerMean] + ramp.Gaps[record.GapsPerMean-1]; n != 997 {
		t.Errorf("on a ramp: gaps %v", ramp.Gaps)
	}
}

// The index equals HdrHistogram's for every value.
func TestCountsMatchHdrHistogram(t *testing.T) {
	sink := record.NewSink(0, second)
	r := record.NewRecorder(sink)
	want := record.NewHistogram()
	for v := int64(0); v <= record.Highest; v = v + v/700 + 1 {
		r.Record(proto.Header{Intended: -v, Sent: -v}, 0)
		_ = want.RecordValue(v)
	}
	r.Record(proto.Header{Intended: -record.Highest}, 0)
	_ = want.RecordValue(record.Highest)
	r.Flush()
	p50, p99 := sink.Live()
	if int64(p50) != want.ValueAtPercentile(50) || int64(p99) != want.ValueAtPercentile(99) {
		t.Errorf("live %d and %d, HdrHistogram %d and %d", p50, p99, want.ValueAtPercentile(50), want.ValueAtPercentile(99))
	}
	if got := sink.Totals(); !got.Response.Equals(want) || got.Clamped != 0 {
		t.Errorf("%d values counted, %d clamped, not as by HdrHistogram", got.Response.TotalCount(), got.Clamped)
	}
}

// The summaries of a run's streams hold each message exactly once.
func TestSummariesHoldEachMessageOnce(t *testing.T) {
	run, client := record.NewSink(0, second), record.NewSink(0, second)
	m := proto.NewMessage(64, false)
	sent := uint64(0)
	for stream := range uint64(5) {
		recorder := record.NewRecorder(run)
		receiver := record.NewReceiver(recorder, proto.Call{})
		for i := range stream * 10 { // the first stream sends nothing
			receiver.Take(m.Stamp(proto.Header{Seq: i, Intended: 1, Sent: 2}), 3)
			sent++
		}
		recorder.Flush()
		if stream == 2 {
			continue // reported by the next
		}
		sum, err := run.Summarize(receiver.Ledger)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := sum.Encode()
		if _, err := client.Merge(b); err != nil {
			t.Fatal(err)
		}
	}
	if n := client.Totals().Response.TotalCount(); client.Count() != sent || uint64(n) != sent {
		t.Errorf("%d counted, %d recorded, of %d sent", client.Count(), n, sent)
	}
}

// Each message is in the slot of its arrival, in whatever order the recorders flush.
func TestTimelineInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sink := record.NewSink(0, 10*second)
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
