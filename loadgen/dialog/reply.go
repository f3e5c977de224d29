package dialog

import (
	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/scenarios/message"
)

// A reply is what the message that came last answers.
type reply struct {
	message        []byte // the measured message itself, if it came back; else nil
	seq            uint64
	intended, sent int64
	numbered       bool   // seq is known
	damaged        bool   // message has a header whose checksum is wrong
	fault          string // the class of what is wrong with the message
	unstamped      bool   // a pushed message that carries nothing to measure by
}

// Classes of messages that are wrong.
const (
	NotAsExpected = "not as expected"
	noStamp       = "no stamp"
)

// hear returns the first measured message that the records of b answer, or stand for; nil if
// none does. More returns the others.
func (t *talk) hear(b []byte) ([]byte, error) {
	t.records.Reset(b, t.script.Records)
	return t.more()
}

// more returns the next measured message of the frame that came last; nil if there is none.
func (t *talk) more() ([]byte, error) {
	for {
		b, ok := t.records.Next()
		if !ok {
			return nil, nil
		}
		if p := t.take(b); p != nil {
			return p, nil
		}
	}
}

// take matches a message first, then checks it: only a reply can be wrong.
func (t *talk) take(b []byte) []byte {
	if t.awaited(b) {
		return nil
	}
	if t.ignored(b) {
		t.watch.Unmatched(b)
		return nil
	}
	valid := t.script.Valid == nil || t.script.Valid(b)
	r, ok := t.match(b)
	if !ok {
		r = reply{}
	}
	t.record = b
	switch {
	case !valid:
		t.unexpected(t.script.Invalid, b, r.due(t))
	case !ok:
		t.unmatched(b)
		return nil
	case r.unstamped:
		return t.unstamped(b)
	case r.damaged:
		return r.message
	case !t.asExpected(b):
		t.unexpected(NotAsExpected, b, r.due(t))
	case r.fault == noStamp: // it has arrived, of which gaps are made
		t.unexpected(r.fault, b, 0)
		return t.stands(r.seq, 0, 0)
	case r.fault != "":
		t.unexpected(r.fault, b, 0)
	case r.message != nil:
		return r.message
	default:
		return t.stands(r.seq, r.intended, r.sent)
	}
	if !r.numbered {
		return nil
	}
	if t.arrives() {
		return t.stands(r.seq, proto.NotMeasured, proto.NotMeasured)
	}
	return t.stands(r.seq, 0, 0)
}

// arrives reports whether messages answer nothing.
func (t *talk) arrives() bool { return t.call.Pattern == proto.Push || t.script.By == ByNone }

// unmatched counts a message that answers none. By order it may have taken the place of a
// reply, or a reply may have come in its place, unless nothing was sent before.
func (t *talk) unmatched(b []byte) {
	t.watch.Unmatched(b)
	if t.script.By == ByOrder && t.said.Load() {
		t.watch.Surplus()
	}
}

// unstamped returns what stands for a message without a stamp; nil if it is not as expected.
func (t *talk) unstamped(b []byte) []byte {
	expected := t.asExpected(b)
	if t.watch.Unstamped(b, expected); !expected {
		return nil
	}
	return t.stands(0, proto.NotMeasured, 0)
}

// IsUnstamped reports whether h stands for a message without a stamp.
func IsUnstamped(h *proto.Header) bool { return h.Intended == proto.NotMeasured && h.Sent == 0 }

// ignored reports whether the scenario says that b is no reply.
func (t *talk) ignored(b []byte) bool {
	for i := range t.ignore {
		if t.script.Ignore[i].holds(t.ignore[i], b) {
			return true
		}
	}
	return false
}

// match finds the message that b answers, or stands for; false if there is none.
func (t *talk) match(b []byte) (reply, bool) {
	switch {
	case t.arrives():
		return t.pushed(b)
	case t.script.By == ByHeader:
		return t.byHeader(b)
	case t.script.By == ByField:
		return t.byField(b)
	}
	seq, intended, sent, ok := t.pending.takeFirst()
	return reply{seq: seq, intended: intended, sent: sent, numbered: ok}, ok
}

// asExpected reports whether b meets the script's condition.
func (t *talk) asExpected(b []byte) bool {
	e := t.script.Expect
	return e == nil || e.holds(t.expect, b)
}

// due is when the message was due that r answers; 0 if that is not known.
func (r *reply) due(t *talk) int64 {
	if t.arrives() {
		return 0
	}
	return r.intended
}

// unexpected counts a message that is wrong, the first of its class with what came. It answers
// the message that was due at due; 0: not known.
func (t *talk) unexpected(class string, b []byte, due int64) {
	if t.told[class] {
		t.watch.Unexpected(class, "", due)
		return
	}
	if t.told == nil {
		t.told = map[string]bool{}
	}
	t.told[class] = true
	expected := ""
	switch class {
	case NotAsExpected:
		expected = "expected " + t.script.Expect.Text + ", "
	case noStamp:
		expected = "expected a time in " + t.script.Stamp.Text + ", "
	}
	t.watch.Unexpected(class, expected+"came "+t.script.Example(b), due)
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

// byHeader takes the header that the server returns. A message without one is no reply; one
// whose header can be recognized is, though it may be damaged, which the ledger finds out.
func (t *talk) byHeader(b []byte) (reply, bool) {
	value, ok := b, true
	if t.field != nil {
		value, ok = t.field.Find(b)
	}
	if !ok {
		return reply{}, false
	}
	peeked, fields := proto.PeekHeader(value, t.call.Text)
	plausible := t.plausible(&peeked, fields)
	if plausible == 4 && t.script.Expect == nil {
		return reply{message: value, seq: peeked.Seq, numbered: true}, true
	}
	h, err := proto.ParseHeader(value, t.call.Text)
	if err != nil {
		// At most one field is wrong, or all are right that a message cut short has.
		return reply{message: value, damaged: true}, plausible >= max(2, fields-1)
	}
	return reply{message: value, seq: h.Seq, intended: h.Intended, numbered: true}, h.Stream == t.from()
}

// plausible counts the fields of a header that may be those of a message of this stream.
func (t *talk) plausible(h *proto.Header, fields int) int {
	const hour, month = int64(3600e9), int64(30 * 24 * 3600e9)
	recent := func(at int64) bool { return at > 0 && at > t.opened-hour && at < t.opened+month }
	n := 0
	for i, is := range [...]bool{h.Seq < 1<<40, recent(h.Intended), recent(h.Sent), h.Stream == t.from()} {
		if is && i < fields {
			n++
		}
	}
	return n
}

// number is the number in its stream of the message that b replies to, where it is one of
// this stream's that was sent.
func (t *talk) number(b []byte) (seq uint64, ok bool) {
	value, ok := t.field.Find(b)
	if !ok {
		return 0, false
	}
	n, ok := message.ParseNumber(value)
	if !ok || n < t.script.First {
		return 0, false
	}
	if n -= t.script.First; n%t.of() != uint64(t.call.Share) || n/t.of() >= t.pending.next.Load() {
		return 0, false
	}
	return n / t.of(), true
}

func (t *talk) byField(b []byte) (reply, bool) {
	seq, ok := t.number(b)
	if !ok {
		return reply{}, false
	}
	// Of what was answered before only the ledger is told: it counts it as a duplicate.
	intended, sent, under := t.pending.take(seq)
	if !under {
		intended, sent = 0, 0
	}
	return reply{seq: seq, intended: intended, sent: sent, numbered: true}, true
}

// pushed returns what stands for a message that the server sends by itself: b, or with a
// number or a stamp in it the message of that number, due and sent at the stamp. A message
// without the number is none of those that are measured.
func (t *talk) pushed(b []byte) (reply, bool) {
	if t.stamp == nil && t.field == nil {
		if b == nil {
			b = []byte{}
		}
		return reply{message: b}, true
	}
	r := reply{numbered: true}
	var n uint64
	if t.field != nil {
		var ok bool
		if n, ok = t.pushedNumber(b); !ok {
			return r, false
		}
	}
	if t.stamp != nil {
		value, ok := t.stamp.Find(b)
		if !ok && t.field == nil {
			return reply{unstamped: true}, true
		}
		if ok {
			r.intended, ok = t.script.Stamp.parse(value)
		}
		if r.intended += t.apart; !ok {
			r.fault, r.intended = noStamp, 0
		}
		r.sent = r.intended
	}
	switch {
	case t.field != nil:
		if t.assumed && t.heard == 1 && n != 1 { // the message before was a greeting
			t.series.restart(n)
		}
		if r.seq, r.numbered = t.series.number(n, t.heard == 0); !r.numbered {
			r.fault = "number out of all order"
		} else {
			t.heard++
		}
	default:
		r.seq = t.series.count()
	}
	return r, true
}

// pushedNumber is the number that the server gave a message. The first of a stream, and no
// other, may have number 0 if it carries none.
func (t *talk) pushedNumber(b []byte) (uint64, bool) {
	value, ok := t.field.Find(b)
	if !ok && t.zero != nil && t.heard == 0 {
		if t.stamp != nil {
			if _, ok = t.stamp.Find(b); !ok {
				return 0, false
			}
		}
		value, ok = t.zero.Find(b)
		t.assumed = ok
	}
	if !ok {
		return 0, false
	}
	return message.ParseNumber(value)
}

var _ driver.Waiter = (*stream)(nil)
