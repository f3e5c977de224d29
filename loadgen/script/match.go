package script

import (
	"rtbench/proto"
	"rtbench/scenarios/template"
)

// match returns b as a reply, or false if it is none.
func (t *session) match(b []byte) (reply, bool) {
	switch {
	case t.serverPushes():
		return t.matchPushed(b)
	case t.script.Match == MatchHeader:
		return t.byHeader(b)
	case t.script.Match == MatchField:
		return t.byField(b)
	}
	seq, intended, sent, ok := t.pending.takeFirst()
	return reply{seq: seq, intended: intended, sent: sent, numbered: ok}, ok
}

// byHeader matches by our header in b. A recognizable header may be damaged; the ledger verifies
// it. A message without a header is not a reply.
func (t *session) byHeader(b []byte) (reply, bool) {
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
		// Either one field is damaged, or the message was truncated.
		return reply{message: value, damaged: true}, plausible >= max(2, fields-1)
	}
	return reply{message: value, seq: h.Seq, intended: h.Intended, numbered: true}, h.Stream == t.sourceStream()
}

// plausible counts the header fields that fit a message of this stream.
func (t *session) plausible(h *proto.Header, fields int) int {
	const hour, month = int64(3600e9), int64(30 * 24 * 3600e9)
	recent := func(at int64) bool { return at > 0 && at > t.opened-hour && at < t.opened+month }
	n := 0
	for i, is := range [...]bool{h.Seq < 1<<40, recent(h.Intended), recent(h.Sent), h.Stream == t.sourceStream()} {
		if is && i < fields {
			n++
		}
	}
	return n
}

// number returns the sequence number in the match field of b, or false if this stream sent no
// such message.
func (t *session) number(b []byte) (seq uint64, ok bool) {
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

func (t *session) byField(b []byte) (reply, bool) {
	seq, ok := t.number(b)
	if !ok {
		return reply{}, false
	}
	// The ledger counts a second reply as a duplicate.
	intended, sent, under := t.pending.take(seq)
	if !under {
		intended, sent = 0, 0
	}
	return reply{seq: seq, intended: intended, sent: sent, numbered: true}, true
}

// sourceStream returns the stream whose messages this one receives.
func (t *session) sourceStream() uint32 {
	if t.call.Pattern == proto.Fanout {
		return 0
	}
	return uint32(t.call.Share)
}
