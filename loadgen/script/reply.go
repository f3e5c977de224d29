package script

import "rtbench/proto"

// A reply is a matched message.
type reply struct {
	message        []byte // our message, if the server returned it; else nil
	seq            uint64
	intended, sent int64
	numbered       bool   // seq is known
	damaged        bool   // the checksum in message's header is wrong
	fault          string // the failure's class, or ""
	unstamped      bool   // pushed without a stamp or a number
}

// NotAsExpected is the class of messages that do not match expect.
const NotAsExpected = "not as expected"

// decode returns the first of our messages among the records of b, or nil. decodeNext returns the
// others.
func (t *session) decode(b []byte) ([]byte, error) {
	t.records.Reset(b, t.script.Records)
	return t.decodeNext()
}

// decodeNext returns the next message of the last frame, or nil.
func (t *session) decodeNext() ([]byte, error) {
	for {
		b, ok := t.records.Next()
		if !ok {
			return nil, nil
		}
		if p := t.decodeRecord(b); p != nil {
			return p, nil
		}
	}
}

// decodeRecord returns the message that a record stands for, or nil. It matches before it checks,
// since a message that matches no request cannot be a wrong reply.
func (t *session) decodeRecord(b []byte) []byte {
	if t.meetsClosing(b) {
		return nil
	}
	if t.ignored(b) {
		t.observer.Unmatched(b)
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
		r.fault = t.script.InvalidClass
	case !ok:
		t.countUnmatched(b)
		return nil
	case r.unstamped:
		return t.countUnstamped(b)
	case r.damaged:
		return r.message
	case !t.asExpected(b):
		r.fault = NotAsExpected
	}
	switch {
	case r.fault != "":
		return t.failReply(&r, b)
	case r.message != nil:
		return r.message
	}
	return t.standIn(r.seq, r.intended, r.sent)
}

// failReply counts a failed reply and returns its unmeasured stand-in, or nil if its number is
// unknown.
func (t *session) failReply(r *reply, b []byte) []byte {
	due := r.intended
	if t.serverPushes() {
		due = 0
	}
	t.countUnexpected(r.fault, b, due)
	switch {
	case !r.numbered:
		return nil
	case t.serverPushes() && r.fault != proto.NoStamp: // a message without its stamp still ends a gap
		return t.standIn(r.seq, proto.NotMeasured, proto.NotMeasured)
	}
	return t.standIn(r.seq, 0, 0)
}

// serverPushes reports whether the server sends unasked instead of replying.
func (t *session) serverPushes() bool {
	return t.call.Pattern == proto.Push || t.script.Match == MatchNone
}

// countUnmatched counts a message that matches no request. With matching by order it may have
// been taken for a reply, unless nothing was sent before.
func (t *session) countUnmatched(b []byte) {
	t.observer.Unmatched(b)
	if t.script.Match == MatchOrder && t.sentAny.Load() {
		t.observer.Surplus()
	}
}

// countUnstamped counts a message without a stamp and returns its stand-in, or nil if it is not
// as expected.
func (t *session) countUnstamped(b []byte) []byte {
	expected := t.asExpected(b)
	if t.observer.Unstamped(b, expected); !expected {
		return nil
	}
	return t.standIn(0, proto.NotMeasured, 0)
}

// IsUnstamped reports whether h stands for a message without a stamp.
func IsUnstamped(h *proto.Header) bool { return h.Intended == proto.NotMeasured && h.Sent == 0 }

// ignored reports whether b meets a condition of Script.Ignore.
func (t *session) ignored(b []byte) bool {
	for i := range t.ignore {
		if t.script.Ignore[i].holds(t.ignore[i], b) {
			return true
		}
	}
	return false
}

// asExpected reports whether b meets Script.Expect.
func (t *session) asExpected(b []byte) bool {
	e := t.script.Expect
	return e == nil || e.holds(t.expect, b)
}

// countUnexpected counts a failure of the reply to the message due at due (0: unknown). b becomes
// the example if it is the first of its class.
func (t *session) countUnexpected(class string, b []byte, due int64) {
	if t.reported[class] {
		t.observer.Unexpected(class, "", due)
		return
	}
	if t.reported == nil {
		t.reported = map[string]bool{}
	}
	t.reported[class] = true
	expected := ""
	switch class {
	case NotAsExpected:
		expected = "expected " + t.script.Expect.Text + ", "
	case proto.NoStamp:
		expected = "expected a time in " + t.script.Stamp.Text + ", "
	}
	t.observer.Unexpected(class, expected+"found "+t.script.Example(b), due)
}

// standIn returns the message that the generator receives in place of a reply.
func (t *session) standIn(seq uint64, intended, sent int64) []byte {
	return t.reply.Stamp(proto.Header{Seq: seq, Intended: intended, Sent: sent, Stream: uint32(t.call.Share)})
}
