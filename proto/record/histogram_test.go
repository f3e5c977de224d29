package record_test

import (
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rtbench/proto"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

func FuzzDecodeHistogram(f *testing.F) {
	h := record.NewHistogram()
	_ = h.RecordValue(5)
	b, _ := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	f.Add(b)
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = record.Decode(b) })
}

// The index equals HdrHistogram's for every value.
func TestCountsMatchHdrHistogram(t *testing.T) {
	sink := record.NewSink(pace.Window{To: second})
	r := record.NewRecorder(sink)
	want := record.NewHistogram()
	for v := int64(0); v <= record.Highest; v = v + v/700 + 1 {
		r.Record(proto.Header{Intended: -v, Sent: -v}, 0)
		_ = want.RecordValue(v)
	}
	r.Record(proto.Header{Intended: -record.Highest}, 0)
	_ = want.RecordValue(record.Highest)
	r.Flush()
	live := sink.Live()
	for p, g := range map[float64]record.Glance{50: live.P50, 99: live.P99} {
		if int64(g.At) != want.ValueAtPercentile(p) || g.Low > g.At || live.Count != want.TotalCount() {
			t.Errorf("live p%g of %d: %+v, HdrHistogram %d of %d", p, live.Count, g, want.ValueAtPercentile(p), want.TotalCount())
		}
	}
	if got := sink.Totals(); !got.Response.Equals(want) || got.Clamped != 0 {
		t.Errorf("%d values counted, %d clamped, not as by HdrHistogram", got.Response.TotalCount(), got.Clamped)
	}
}
