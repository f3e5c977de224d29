package script

import (
	"context"
	"math/rand/v2"
	"sync/atomic"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/scenarios/template"
)

// A session is the script's state on one stream. Its sender calls encode, its receiver decode.
type session struct {
	script     *Script
	observer   Observer
	call       proto.Call
	wallOffset int64

	values  template.Values // the sender's
	lastSeq uint64          // last sequence number sent
	sentAny atomic.Bool     // anything was sent

	pending pending
	closing closing

	records              template.Records // of the last frame
	record               []byte           // the last one matched
	field, stamp, expect template.Field   // the receiver's
	ignore               []template.Field // nil: the whole message
	opened               int64            // in nanoseconds of clock.Now
	reply                *proto.Message   // represents a reply
	numbered             uint64           // messages with a number
	fieldOrZero          template.Field   // see Script.FieldOrZero
	assumedZero          bool             // the first message had no number and counts as message 0
	sequence             *sequence
	reported             map[string]bool // classes with an example
}

func newSession(s *Script, w Observer, c proto.Call, numbers *sequence) *session {
	t := &session{script: s, observer: w, call: c, sequence: numbers, wallOffset: clock.WallOffset(), opened: clock.Now(), reply: proto.NewMessage(0, c.Text)}
	t.records.Items = s.Items
	t.closing.ctx, t.closing.cancel = context.WithCancel(context.Background())
	t.values = template.Values{Stream: uint32(c.Share), Row: uint64(c.Share), Rand: rand.NewPCG(s.Seed, uint64(c.Share)), Number: uint64(c.Share) + s.FirstNumber}
	if s.Field != nil {
		t.field = s.Field()
	}
	if s.FieldOrZero != nil {
		t.fieldOrZero = s.FieldOrZero()
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

// streams returns the number of streams that share the message numbers.
func (t *session) streams() uint64 { return uint64(max(1, t.call.Of)) }

// encode appends the scenario's message that represents p.
func (t *session) encode(dst, p []byte) ([]byte, error) {
	h, _ := proto.PeekHeader(p, t.call.Text)
	t.lastSeq = h.Seq
	if !t.sentAny.Load() {
		t.sentAny.Store(true)
	}
	if t.script.Match == MatchField || t.script.Match == MatchOrder {
		t.pending.put(h.Seq, h.Intended, h.Sent)
	}
	if len(t.script.Messages) == 0 {
		return append(dst, p...), nil
	}
	n := h.Seq*t.streams() + uint64(t.call.Share)
	t.values.Seq, t.values.Number = h.Seq, n+t.script.FirstNumber
	t.values.Unix, t.values.Header = h.Sent-t.wallOffset, p
	if t.script.RowPerMessage {
		t.values.Row = n
	}
	return t.script.Messages[h.Seq%uint64(len(t.script.Messages))].Append(dst, &t.values), nil
}

// Unmatch undoes the last match, of message seq, because the reply arrived before the message was
// sent. The message awaits its reply again, and the reply counts as unmatched.
func (s *stream) Unmatch(seq uint64) {
	s.session.pending.undoTake(seq)
	s.session.countUnmatched(s.session.record)
}

// forgetLast forgets the last message, which could not be sent.
func (t *session) forgetLast() { t.pending.take(t.lastSeq) }
