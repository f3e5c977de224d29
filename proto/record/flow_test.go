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

// Messages sent as planned have the planned gaps; bursts of four do not. A lost message
// leaves no gap.
func TestFlowGapsAndPairs(t *testing.T) {
	const rate, of = 1000, 2
	c := proto.Call{Profile: pace.Profile{{Duration: 4 * time.Second, From: rate, To: rate}}, Of: of, SteadyTo: 4 * second}
	flow := func(sent func(i int64) int64) record.Flow {
		sink := record.NewSink(pace.Window{To: 4 * second})
		recorder := record.NewRecorder(sink)
		r := record.NewReceiver(recorder, c)
		for i := range int64(1000) {
			h := proto.Header{Seq: uint64(i), Intended: i, Sent: sent(i)}
			if i != 500 { // lost
				r.Note(h, codec.Intact, clock.Now())
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
