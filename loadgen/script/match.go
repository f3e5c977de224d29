package script

import (
	"rtbench/proto"
	"rtbench/proto/codec"
	"rtbench/scenarios/template"
)

// match returns the header and the outcome of b, regardless of its content.
func (t *Session) match(b []byte) (proto.Header, codec.Outcome) {
	switch {
	case t.serverPushes():
		return t.matchPushed(b)
	case t.script.Match == MatchHeader:
		return t.byHeader(b)
	case t.script.Match == MatchField:
		return t.byField(b)
	}
	return t.byOrder()
}

// byHeader matches by our header in b. A recognizable header may be damaged. A message without a
// header is not a reply.
func (t *Session) byHeader(b []byte) (proto.Header, codec.Outcome) {
	value, ok := b, true
	if t.field != nil {
		value, ok = t.field.Find(b)
	}
	if !ok {
		return proto.Header{}, codec.Unmatched
	}
	h, err := t.parser.Parse(value, t.call.Text)
	if err != nil {
		// Either one field is damaged, or the message was truncated.
		peeked, fields := proto.PeekHeader(value, t.call.Text)
		peeked = peeked.Shifted(-t.clockShift)
		if t.plausible(&peeked, fields) < max(2, fields-1) {
			return h, codec.Unmatched
		}
		return codec.Damaged(value, t.call.Text).Shifted(-t.clockShift), codec.Corrupt
	}
	h = h.Shifted(-t.clockShift)
	if !t.senders.Has(h.Stream) {
		return h, codec.Unmatched
	}
	return h, codec.Intact
}

// plausible counts the header fields that fit a message of this stream.
func (t *Session) plausible(h *proto.Header, fields int) int {
	const hour, month = int64(3600e9), int64(30 * 24 * 3600e9)
	recent := func(at int64) bool { return at > 0 && at > t.opened-hour && at < t.opened+month }
	n := 0
	for i, is := range [...]bool{h.Seq < 1<<40, recent(h.Intended), recent(h.Sent), t.senders.Has(h.Stream)} {
		if is && i < fields {
			n++
		}
	}
	return n
}

// number returns the sequence number in the match field of b, or false if this stream sent no
// such message.
func (t *Session) number(b []byte) (seq uint64, ok bool) {
	value, ok := t.field.Find(b)
	if !ok {
		return 0, false
	}
	n, ok := template.ParseNumber(value)
	if !ok || n < t.script.FirstNumber {
		return 0, false
	}
	if n -= t.script.FirstNumber; n%t.streams() != uint64(t.call.Share) || n/t.streams() >= t.pending.next.Load() {
		return 0, false
	}
	return n / t.streams(), true
}

func (t *Session) byField(b []byte) (h proto.Header, o codec.Outcome) {
	seq, ok := t.number(b)
	if !ok {
		return h, codec.Unmatched
	}
	h = proto.Header{Seq: seq, Stream: uint32(t.call.Share)}
	if h.Intended, h.Sent, ok = t.pending.take(seq); !ok {
		return proto.Header{Seq: seq, Stream: h.Stream}, codec.Repeated
	}
	return h, codec.Intact
}

// byOrder matches the oldest outstanding message that was sent before the arrival: one frame or read
// may hold several messages. A message too many may have been taken for a reply before, unless nothing
// was sent.
func (t *Session) byOrder() (h proto.Header, o codec.Outcome) {
	h.Stream = uint32(t.call.Share)
	var ok bool
	switch h.Seq, h.Intended, h.Sent, ok = t.pending.takeFirst(t.at); {
	case ok:
		return h, codec.Intact
	case t.sentAny.Load():
		return h, codec.Surplus
	}
	return h, codec.Unmatched
}
