package session

import (
	"testing"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
)

// A repeated reply, with nothing outstanding, does not measure a wait for a reply.
func TestRepeatedReplyDoesNotExtendLinger(t *testing.T) {
	e := customSessionOn(t, &fakeStream{}, closedEcho)
	e.g.Scenario.Custom.Match.By = "order"
	h := closedLoop{e}
	h.next()
	e.g.To = clock.Now() // the first message is the last
	last := proto.Header{Intended: e.g.From, Sent: e.g.From}
	h.take(last, codec.Intact, clock.Now())
	want := (&drainer{Group: e.g}).lingerTime()
	h.take(last, codec.Intact, clock.Now())
	if got := (&drainer{Group: e.g}).lingerTime(); got != want {
		t.Errorf("the drain would look for more messages for %v, want %v", got, want)
	}
}
