package dialog

import (
	"context"
	"math/rand/v2"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/scenarios/message"
)

// A talk is what is said on one stream: its sender calls say, its receiver hear.
type talk struct {
	script *Script
	watch  Watch
	call   proto.Call
	apart  int64

	values message.Values // the sender's
	last   uint64         // the number said last

	pending pending
	closing closing

	field, stamp, expect message.Field  // the receiver's
	reply                *proto.Message // what a reply stands for
	heard                uint64         // messages with a number
	series               *series
	given                uint64          // one beyond the message answered last by what was not as expected
	told                 map[string]bool // classes of which an example was given
}

func newTalk(s *Script, w Watch, c proto.Call, numbers *series) *talk {
	t := &talk{script: s, watch: w, call: c, series: numbers, apart: clock.Apart(), reply: proto.NewMessage(0, c.Text)}
	t.closing.ctx, t.closing.cancel = context.WithCancel(context.Background())
	t.values = message.Values{Stream: uint32(c.Share), Rand: rand.NewPCG(s.Seed, uint64(c.Share)), Number: uint64(c.Share)}
	if s.Field != nil {
		t.field = s.Field()
	}
	if s.Stamp.Field != nil {
		t.stamp = s.Stamp.Field()
	}
	if s.Expect != nil && s.Expect.Field != nil {
		t.expect = s.Expect.Field()
	}
	return t
}

// of is over how many streams messages are counted.
func (t *talk) of() uint64 { return uint64(max(1, t.call.Of)) }

// say appends the message of the scenario that the measured message p travels as.
func (t *talk) say(dst, p []byte) ([]byte, error) {
	h, err := proto.ParseHeader(p, t.call.Text)
	if err != nil {
		return dst, err
	}
	t.last = h.Seq
	if t.script.By == ByField || t.script.By == ByOrder {
		t.pending.put(h.Seq, h.Intended, h.Sent)
	}
	if len(t.script.Messages) == 0 {
		return append(dst, p...), nil
	}
	t.values.Seq, t.values.Number = h.Seq, h.Seq*t.of()+uint64(t.call.Share)
	t.values.Unix, t.values.Header = h.Sent-t.apart, p
	return t.script.Messages[h.Seq%uint64(len(t.script.Messages))].Append(dst, &t.values), nil
}

// unsaid forgets the message said last: it could not be sent.
func (t *talk) unsaid() { t.pending.take(t.last) }

// hear returns the measured message that b is the reply to, or stands for; nil where it is
// none.
func (t *talk) hear(b []byte) ([]byte, error) {
	if t.awaited(b) {
		return nil, nil
	}
	if !t.meets(b) {
		reply, due := t.answered(b)
		t.unexpected("not as expected", b, "expected "+t.script.Expect.Text+", ", due)
		return reply, nil
	}
	if t.call.Pattern == proto.Push {
		return t.pushed(b), nil
	}
	switch t.script.By {
	case ByHeader:
		return t.header(b), nil
	case ByField:
		return t.byField(b), nil
	case ByOrder:
		if seq, intended, sent, ok := t.pending.takeFirst(); ok {
			return t.stands(seq, intended, sent), nil
		}
	case ByNone:
		return t.pushed(b), nil
	}
	t.watch.Unmatched()
	return nil, nil
}

// meets reports whether b meets the script's condition.
func (t *talk) meets(b []byte) bool {
	e := t.script.Expect
	if e == nil {
		return true
	}
	value, ok := b, true
	if t.expect != nil {
		value, ok = t.expect.Find(b)
	}
	return ok && e.Holds(value)
}

// unexpected tells of a message, the first of its class with what came. It answers the
// message that was due at due; 0: not known.
func (t *talk) unexpected(class string, b []byte, expected string, due int64) {
	if t.told[class] {
		t.watch.Unexpected(class, "", due)
		return
	}
	if t.told == nil {
		t.told = map[string]bool{}
	}
	t.told[class] = true
	t.watch.Unexpected(class, expected+"came "+t.script.show(b), due)
}

// answered returns the message that a reply which is not as expected answers, due at no
// time, so that it is counted and not measured, and when it was due; nil where that cannot be
// told.
func (t *talk) answered(b []byte) (reply []byte, due int64) {
	var seq uint64
	ok := false
	switch t.script.By {
	case ByHeader:
		seq, due, ok = t.inHeader(b)
	case ByOrder:
		seq, due, _, ok = t.pending.takeFirst()
	case ByField:
		if seq, ok = t.number(b); ok {
			due, _, _ = t.pending.take(seq)
		} else if t.script.Closed {
			seq, due, _, ok = t.pending.takeLast()
		}
	}
	if !ok {
		return nil, 0
	}
	return t.stands(seq, 0, 0), due
}

// inHeader is the number of the message whose header b has; in closed loop, where it has
// none, that of the message under way, once.
func (t *talk) inHeader(b []byte) (seq uint64, due int64, ok bool) {
	value, ok := b, true
	if t.field != nil {
		value, ok = t.field.Find(b)
	}
	if ok {
		if h, err := proto.ParseHeader(value, t.call.Text); err == nil {
			return h.Seq, h.Intended, h.Stream == t.from()
		}
	}
	if !t.script.Closed || t.given > t.last {
		return 0, 0, false
	}
	t.given = t.last + 1
	return t.last, 0, true
}

// from is the stream whose messages come.
func (t *talk) from() uint32 {
	if t.call.Pattern == proto.Fanout {
		return 0
	}
	return uint32(t.call.Share)
}

// stands returns the measured message that a reply stands for.
func (t *talk) stands(seq uint64, intended, sent int64) []byte {
	return t.reply.Stamp(proto.Header{Seq: seq, Intended: intended, Sent: sent, Stream: uint32(t.call.Share)})
}

// header takes the header that the server returns.
func (t *talk) header(b []byte) []byte {
	value, ok := b, true
	if t.field != nil {
		value, ok = t.field.Find(b)
	}
	if !ok {
		t.watch.Unmatched()
		return nil
	}
	if h, err := proto.ParseHeader(value, t.call.Text); err == nil && h.Stream != t.from() {
		t.watch.Unmatched()
		return nil
	}
	return value
}

// number is the number in its stream of the message that b replies to, where it is one of
// this stream's that was sent.
func (t *talk) number(b []byte) (seq uint64, ok bool) {
	value, ok := t.field.Find(b)
	if !ok {
		return 0, false
	}
	n, ok := message.ParseNumber(value)
	if !ok || n%t.of() != uint64(t.call.Share) || n/t.of() >= t.pending.next.Load() {
		return 0, false
	}
	return n / t.of(), true
}

func (t *talk) byField(b []byte) []byte {
	seq, ok := t.number(b)
	if !ok {
		t.watch.Unmatched()
		return nil
	}
	// Of what was answered before only the ledger is told: it counts it as a duplicate.
	intended, sent, under := t.pending.take(seq)
	if !under {
		intended, sent = 0, 0
	}
	return t.stands(seq, intended, sent)
}

// pushed returns what stands for a message that the server sends by itself: b, or with a
// number or a stamp in it the message of that number, due and sent at the stamp.
func (t *talk) pushed(b []byte) []byte {
	if t.stamp == nil && t.field == nil {
		return b
	}
	var at int64
	if t.stamp != nil {
		value, ok := t.stamp.Find(b)
		if ok {
			at, ok = t.script.Stamp.parse(value)
		}
		if !ok {
			t.unexpected("no stamp", b, "expected a time in "+t.script.Stamp.Text+", ", 0)
			at = -t.apart // it has arrived, of which gaps are made
		}
		at += t.apart
	}
	if t.field == nil {
		return t.stands(t.series.count(), at, at)
	}
	value, ok := t.field.Find(b)
	var n uint64
	if ok {
		n, ok = message.ParseNumber(value)
	}
	if !ok {
		t.watch.Unmatched()
		return nil
	}
	seq, ok := t.series.number(n, t.heard == 0)
	if !ok {
		t.unexpected("number out of all order", b, "", 0)
		return nil
	}
	t.heard++
	return t.stands(seq, at, at)
}

var _ driver.Waiter = (*stream)(nil)
