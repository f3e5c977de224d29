package script

import (
	"rtbench/proto"
	"rtbench/proto/codec"
	"rtbench/scenarios/template"
)

// NotAsExpected is the class of messages that do not match expect.
const NotAsExpected = "not as expected"

// More reports whether records of the last frame remain, such as after the opening steps.
func (t *Session) More() bool { return t.records.More() }

// Decode implements codec.Codec. The records of a frame are its messages. The last frame must have no
// More.
func (t *Session) Decode(b []byte, at int64) (proto.Header, codec.Outcome, bool) {
	t.records.Reset(b, t.script.Records)
	t.at, t.counted = at, 0
	return t.Next()
}

// Next implements codec.Codec.
func (t *Session) Next() (proto.Header, codec.Outcome, bool) {
	t.record, _ = t.records.Next()
	h, o := t.decode(t.record)
	return h, o, t.records.More()
}

// Record returns the last message decoded, valid until the next one.
func (t *Session) Record() []byte { return t.record }

// Fault returns the class of the last message if it failed: its outcome is codec.Wrong,
// codec.NoStamp or codec.Unnumbered.
func (t *Session) Fault() string { return t.fault }

// ExplainFault returns what was expected instead of the last message.
func (t *Session) ExplainFault() string {
	expected := ""
	switch t.fault {
	case NotAsExpected:
		expected = "expected " + t.script.Expect.Text + ", "
	case proto.NoStamp:
		expected = "expected a time in " + t.script.Stamp.Text + ", "
	}
	return expected + "found " + t.Example(t.record)
}

// decode matches a record before it checks it, since a message that matches no request cannot be a
// wrong reply.
func (t *Session) decode(b []byte) (h proto.Header, o codec.Outcome) {
	if t.meetsClosing(b) || t.answers(b) {
		return h, codec.None
	}
	t.findCount(b)
	if t.end.condition != nil && t.end.of(b) {
		return h, codec.End
	}
	if t.ignored(b) {
		return h, codec.Ignored
	}
	valid := t.script.Valid == nil || t.script.Valid(b)
	h, o = t.match(b)
	switch {
	case !valid:
		return t.failed(h, o, t.script.InvalidClass)
	case o == codec.Unmatched, o == codec.Surplus, o == codec.Corrupt:
		return h, o
	case t.asExpected(b):
	case o == codec.Unstamped:
		return h, codec.UnstampedWrong
	default:
		return t.failed(h, o, NotAsExpected)
	}
	if o == codec.Intact && t.isUnnumbered() {
		h.Seq = t.sequence.nextPosition()
	}
	return h, o
}

// findCount finds the number of tokens that b says its answer has.
func (t *Session) findCount(b []byte) {
	if t.tokenCount == nil {
		return
	}
	if value, ok := t.tokenCount.Find(b); ok {
		t.counted, _ = template.ParseNumber(value)
	}
}

// Count returns the number of tokens that the last frame said the answer has; false if it did not.
func (t *Session) Count() (uint64, bool) { return t.counted, t.counted > 0 }

// failed returns the outcome of a message that was o but has a fault.
func (t *Session) failed(h proto.Header, o codec.Outcome, fault string) (proto.Header, codec.Outcome) {
	t.fault = fault
	switch {
	case t.isUnnumbered(), o != codec.Intact && o != codec.Repeated && o != codec.NoStamp:
		return proto.Header{}, codec.Unnumbered
	case t.serverPushes():
		h.Intended, h.Sent = proto.NotMeasured, proto.NotMeasured
	}
	return h, codec.Wrong
}

// serverPushes reports whether the server sends unasked instead of replying.
func (t *Session) serverPushes() bool {
	return t.call.Pattern == proto.Push || t.call.Pattern == proto.Generate || t.script.Match == MatchNone
}

// isUnnumbered reports whether the server pushes messages without number and stamp.
func (t *Session) isUnnumbered() bool {
	return t.serverPushes() && t.field == nil && t.stamp == nil
}

// ignored reports whether b meets a condition of Script.Ignore.
func (t *Session) ignored(b []byte) bool {
	for i := range t.ignore {
		if t.ignore[i].of(b) {
			return true
		}
	}
	return false
}

// asExpected reports whether b meets Script.Expect.
func (t *Session) asExpected(b []byte) bool { return t.expect.of(b) }
