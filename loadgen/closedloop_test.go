package loadgen

import (
	"testing"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
)

// A repeated reply, with nothing outstanding, does not measure a wait for a reply.
func TestRepeatedReplyDoesNotExtendLinger(t *testing.T) {
	e := customExchangeOn(t, &fakeStream{})
	e.r.job.scenario.Custom.Match.By = "order"
	h := closedLoop{e}
	h.next()
	e.r.to = clock.Now() // the first message is the last
	last := proto.Header{Intended: e.r.from, Sent: e.r.from}
	h.take(last, codec.Intact, clock.Now())
	want := e.r.lingerTime()
	h.take(last, codec.Intact, clock.Now())
	if got := e.r.lingerTime(); got != want {
		t.Errorf("the drain would look for more messages for %v, want %v", got, want)
	}
}
