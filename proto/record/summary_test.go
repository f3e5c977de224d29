package record_test

import (
	"testing"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

func TestSummaryRoundTrip(t *testing.T) {
	server := record.NewSink(pace.Window{To: second})
	recorder := record.NewRecorder(server)
	receiver := record.NewReceiver(recorder, proto.Call{Text: true})
	for _, seq := range []uint64{0, 1, 1, 4, 3} {
		receiver.Note(proto.Header{Seq: seq, Intended: int64(seq), Sent: int64(seq) + 10}, codec.Intact, clock.Now())
	}
	receiver.Note(proto.Header{}, codec.Corrupt, clock.Now())
	recorder.Flush()
	sum, err := server.Summarize(receiver.Sequence.Ledger())
	if err != nil {
		t.Fatal(err)
	}
	b, err := sum.Encode()
	if err != nil {
		t.Fatal(err)
	}
	client := record.NewSink(pace.Window{To: second})
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
	sink := record.NewSink(pace.Window{To: second})
	sum, _ := sink.Summarize(record.Ledger{})
	b, _ := sum.Encode()
	f.Add(b)
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = record.NewSink(pace.Window{To: second}).Merge(b)
	})
}

// The summaries of a run's streams hold each message exactly once.
func TestSummariesHoldEachMessageOnce(t *testing.T) {
	run, client := record.NewSink(pace.Window{To: second}), record.NewSink(pace.Window{To: second})
	sent := uint64(0)
	for stream := range uint64(5) {
		recorder := record.NewRecorder(run)
		receiver := record.NewReceiver(recorder, proto.Call{})
		for i := range stream * 10 { // the first stream sends nothing
			receiver.Note(proto.Header{Seq: i, Intended: 1, Sent: 2}, codec.Intact, 3)
			sent++
		}
		recorder.Flush()
		if stream == 2 {
			continue // reported by the next
		}
		sum, err := run.Summarize(receiver.Sequence.Ledger())
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
