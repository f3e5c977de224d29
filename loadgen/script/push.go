package script

import (
	"rtbench/proto"
	"rtbench/scenarios/template"
)

// matchPushed matches a message that the server sends unasked. The match field holds its number;
// without one, messages are counted. Its stamp is its due and send time. Without both fields the
// message is measured as it is. A message that lacks its number is not measured.
func (t *session) matchPushed(b []byte) (reply, bool) {
	if t.stamp == nil && t.field == nil {
		if b == nil {
			b = []byte{}
		}
		return reply{message: b}, true
	}
	var n uint64
	if t.field != nil {
		var ok bool
		if n, ok = t.pushedNumber(b); !ok {
			return reply{}, false
		}
	}
	r := reply{numbered: true}
	if t.stamp != nil {
		value, ok := t.stamp.Find(b)
		if !ok && t.field == nil {
			return reply{unstamped: true}, true
		}
		var at int64
		if ok {
			at, ok = t.script.Stamp.parse(value)
		}
		if ok {
			r.intended, r.sent = at+t.wallOffset, at+t.wallOffset
		} else {
			r.fault = proto.NoStamp
		}
	}
	if t.field == nil {
		r.seq = t.sequence.nextPosition()
		return r, true
	}
	if t.assumedZero && t.numbered == 1 && n != 1 { // the previous message was a greeting
		t.sequence.restart(n)
	}
	if r.seq, r.numbered = t.sequence.position(n, t.numbered == 0); r.numbered {
		t.numbered++
	} else {
		r.fault = "number out of range"
	}
	return r, true
}

// pushedNumber returns the number that the server gave a message. Only the first message of a
// stream may omit number 0.
func (t *session) pushedNumber(b []byte) (uint64, bool) {
	value, ok := t.field.Find(b)
	if !ok && t.fieldOrZero != nil && t.numbered == 0 {
		if t.stamp != nil {
			if _, ok = t.stamp.Find(b); !ok {
				return 0, false
			}
		}
		value, ok = t.fieldOrZero.Find(b)
		t.assumedZero = ok
	}
	if !ok {
		return 0, false
	}
	return template.ParseNumber(value)
}
