package script

import "rtbench/proto"

// A reply is a received message, matched.
type reply struct {
	message        []byte // the measured message itself, if it came back; else nil
	seq            uint64
	intended, sent int64
	numbered       bool   // seq is known
	damaged        bool   // message has a header whose checksum is wrong
	fault          string // the class of the failure; "" if there is none
	unstamped      bool   // a pushed message that carries nothing to measure by
}

// Classes of failures.
const (
	NotAsExpected = "not as expected"
	noStamp       = "no stamp"
)

// hear returns the first measured message among the records of b; nil if there is none. More
// returns the others.
func (t *talk) hear(b []byte) ([]byte, error) {
	t.records.Reset(b, t.script.Records)
	return t.more()
}

// more returns the next measured message of the last frame; nil if there is none.
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

// take returns the measured message that a record stands for; nil if it stands for none. It
// matches before it checks: a message that answers none cannot be a wrong reply.
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
		r.fault = t.script.Invalid
	case !ok:
		t.unmatched(b)
		return nil
	case r.unstamped:
		return t.unstamped(b)
	case r.damaged:
		return r.message
	case !t.asExpected(b):
		r.fault = NotAsExpected
	}
	switch {
	case r.fault != "":
		return t.failed(&r, b)
	case r.message != nil:
		return r.message
	}
	return t.stands(r.seq, r.intended, r.sent)
}

// failed counts a reply with a fault, and returns a message that stands for it and is not
// measured; nil if its number is not known.
func (t *talk) failed(r *reply, b []byte) []byte {
	due := r.intended
	if t.arrives() {
		due = 0
	}
	t.unexpected(r.fault, b, due)
	switch {
	case !r.numbered:
		return nil
	case t.arrives() && r.fault != noStamp: // without its stamp a message still ends a gap
		return t.stands(r.seq, proto.NotMeasured, proto.NotMeasured)
	}
	return t.stands(r.seq, 0, 0)
}

// arrives reports whether the server sends by itself, rather than replies.
func (t *talk) arrives() bool { return t.call.Pattern == proto.Push || t.script.By == ByNone }

// unmatched counts a message that answers none. If replies are matched by order, one of them
// may have been taken for another, unless nothing was sent before.
func (t *talk) unmatched(b []byte) {
	t.watch.Unmatched(b)
	if t.script.By == ByOrder && t.said.Load() {
		t.watch.Surplus()
	}
}

// unstamped counts a message without a stamp, and returns a message that stands for it; nil if
// it is not as expected.
func (t *talk) unstamped(b []byte) []byte {
	expected := t.asExpected(b)
	if t.watch.Unstamped(b, expected); !expected {
		return nil
	}
	return t.stands(0, proto.NotMeasured, 0)
}

// IsUnstamped reports whether h stands for a message without a stamp.
func IsUnstamped(h *proto.Header) bool { return h.Intended == proto.NotMeasured && h.Sent == 0 }

// ignored reports whether b meets one of the conditions of Script.Ignore.
func (t *talk) ignored(b []byte) bool {
	for i := range t.ignore {
		if t.script.Ignore[i].holds(t.ignore[i], b) {
			return true
		}
	}
	return false
}

// asExpected reports whether b meets the script's condition.
func (t *talk) asExpected(b []byte) bool {
	e := t.script.Expect
	return e == nil || e.holds(t.expect, b)
}

// unexpected counts a failure, with b as the example if it is the first of its class. b answers
// the message that was due at due; 0 if that is not known.
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

// stands returns the message that the generator receives in place of a reply.
func (t *talk) stands(seq uint64, intended, sent int64) []byte {
	return t.reply.Stamp(proto.Header{Seq: seq, Intended: intended, Sent: sent, Stream: uint32(t.call.Share)})
}
