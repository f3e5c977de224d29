package script

import (
	"context"
	"math/rand/v2"
	"sync/atomic"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/scenarios/template"
)

// A talk is what is said on one stream: its sender calls say, its receiver hear.
type talk struct {
	script *Script
	watch  Watch
	call   proto.Call
	apart  int64

	values template.Values // the sender's
	last   uint64          // the number said last
	said   atomic.Bool     // a message was sent

	pending pending
	closing closing

	records              template.Records // of the last frame
	record               []byte           // the last that was matched
	field, stamp, expect template.Field   // the receiver's
	ignore               []template.Field // nil: the whole message
	opened               int64            // by clock.Now
	reply                *proto.Message   // stands for a reply
	heard                uint64           // messages with a number
	zero                 template.Field   // see Script.Zero
	assumed              bool             // the stream's first message had no number, and was taken for message 0
	series               *series
	told                 map[string]bool // classes of which an example was given
}

func newTalk(s *Script, w Watch, c proto.Call, numbers *series) *talk {
	t := &talk{script: s, watch: w, call: c, series: numbers, apart: clock.WallOffset(), opened: clock.Now(), reply: proto.NewMessage(0, c.Text)}
	t.records.Items = s.Items
	t.closing.ctx, t.closing.cancel = context.WithCancel(context.Background())
	t.values = template.Values{Stream: uint32(c.Share), Row: uint64(c.Share), Rand: rand.NewPCG(s.Seed, uint64(c.Share)), Number: uint64(c.Share) + s.First}
	if s.Field != nil {
		t.field = s.Field()
	}
	if s.Zero != nil {
		t.zero = s.Zero()
	}
	if s.Stamp.Field != nil {
		t.stamp = s.Stamp.Field()
	}
	t.expect = s.Expect.finder()
	for i := range s.Ignore {
		t.ignore = append(t.ignore, s.Ignore[i].finder())
	}
	return t
}

// of is over how many streams messages are counted.
func (t *talk) of() uint64 { return uint64(max(1, t.call.Of)) }

// say appends the message of the scenario that the measured message p travels as.
func (t *talk) say(dst, p []byte) ([]byte, error) {
	h, _ := proto.PeekHeader(p, t.call.Text)
	t.last = h.Seq
	if !t.said.Load() {
		t.said.Store(true)
	}
	if t.script.By == ByField || t.script.By == ByOrder {
		t.pending.put(h.Seq, h.Intended, h.Sent)
	}
	if len(t.script.Messages) == 0 {
		return append(dst, p...), nil
	}
	n := h.Seq*t.of() + uint64(t.call.Share)
	t.values.Seq, t.values.Number = h.Seq, n+t.script.First
	t.values.Unix, t.values.Header = h.Sent-t.apart, p
	if t.script.RowPerMessage {
		t.values.Row = n
	}
	return t.script.Messages[h.Seq%uint64(len(t.script.Messages))].Append(dst, &t.values), nil
}

// Unmatch undoes the last match, that of message seq: the reply had arrived before the message
// was sent. Seq waits for its reply again, and the message received counts as unmatched.
func (s *stream) Unmatch(seq uint64) {
	s.talk.pending.untake(seq)
	s.talk.unmatched(s.talk.record)
}

// unsaid forgets the message said last: it could not be sent.
func (t *talk) unsaid() { t.pending.take(t.last) }
