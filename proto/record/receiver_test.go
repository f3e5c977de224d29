package record_test

import (
	"testing"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

// The whole cost of receiving a message, including the time series.
func BenchmarkReceiver(b *testing.B) {
	c := proto.Call{Profile: pace.Profile{{Duration: time.Second, From: 1e6, To: 1e6}}, Of: 16, SteadyTo: second}
	m := codec.Stamped{Message: proto.NewMessage(128, false)}
	now := clock.Now()
	r := record.NewReceiver(record.NewRecorder(record.NewSink(pace.Window{From: now, To: now + second*1000})), c)
	b.ReportAllocs()
	for i := range b.N {
		at := clock.Now()
		h, o, _ := m.Decode(m.Stamp(proto.Header{Seq: uint64(i), Intended: now, Sent: now + int64(i)}), at)
		r.Note(h, o, at)
	}
}
