package record_test

import (
	"testing"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

func TestRecordingCostsNoAllocation(t *testing.T) {
	sink := record.NewSink(pace.Window{To: second})
	receiver := record.NewReceiver(record.NewRecorder(sink), proto.Call{})
	c := codec.Stamped{Message: proto.NewMessage(128, false)}
	receive := func() {
		p, _ := c.Encode(proto.Header{Seq: 1, Intended: 1, Sent: 2})
		h, o, _ := c.Decode(p, clock.Now())
		receiver.Note(h, o, clock.Now())
	}
	for range 2000 { // let buffers grow
		receive()
	}
	if n := testing.AllocsPerRun(2000, receive); n != 0 {
		t.Fatalf("%v allocations a message", n)
	}
}

func BenchmarkRecord(b *testing.B) {
	sink := record.NewSink(pace.Window{To: second})
	r := record.NewRecorder(sink)
	b.ReportAllocs()
	for i := range b.N {
		sent := int64(i % 900_000_000)
		r.Record(proto.Header{Intended: sent, Sent: sent}, sent+50_000+int64(i&1023))
	}
}
