package script

import (
	"rtbench/proto"
	"rtbench/proto/codec"
	"rtbench/scenarios/template"
)

// matchPushed matches a message that the server sends unasked. The match field holds its number;
// without one, messages are counted. Its stamp is its due and send time. A message that lacks its
// number is unmatched.
func (t *Session) matchPushed(b []byte) (h proto.Header, o codec.Outcome) {
	h.Stream = uint32(t.call.Share)
	if t.isUnnumbered() {
		return h, codec.Intact
	}
	var n uint64
	if t.field != nil {
		var ok bool
		if n, ok = t.pushedNumber(b); !ok {
			return h, codec.Unmatched
		}
	}
	if t.stamp != nil {
		value, ok := t.stamp.Find(b)
		if !ok && t.field == nil {
			return h, codec.Unstamped
		}
		var at int64
		if ok {
			at, ok = t.script.Stamp.parse(value)
		}
		if ok {
			h.Intended, h.Sent = at+t.wallOffset, at+t.wallOffset
		} else {
			o, t.fault = codec.NoStamp, proto.NoStamp
		}
	}
	if t.field == nil {
		h.Seq = t.sequence.nextPosition()
		return h, o
	}
	if t.assumedZero && t.numbered == 1 && n != 1 { // the previous message was a greeting
		t.sequence.restart(n)
	}
	var ok bool
	if h.Seq, ok = t.sequence.position(n, t.numbered == 0); !ok {
		t.fault = "number out of range"
		return proto.Header{}, codec.Unnumbered
	}
	t.numbered++
	return h, o
}

// pushedNumber returns the number that the server gave a message. Only the first message of a
// stream may omit number 0.
func (t *Session) pushedNumber(b []byte) (uint64, bool) {
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
