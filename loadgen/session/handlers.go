package session

import (
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
)

// A handler receives the messages of a session's streams. start is called before the first
// message of each stream.
type handler interface {
	proto.Handler
	start()
}

// A taker counts the messages of a traffic pattern.
type taker interface {
	// take counts a message that arrived at the time at.
	take(h proto.Header, o codec.Outcome, at int64)
	start()
}

// A decoder is the handler that decodes messages for a taker.
type decoder struct {
	*Session
	taker
}

func (d *decoder) start() {
	d.takeRest(d.active.Load(), clock.Now())
	d.taker.start()
}

// Message implements proto.Handler.
func (d *decoder) Message(p []byte, at int64) {
	l := d.active.Load()
	if l.script != nil {
		d.takeRest(l, at)
	}
	h, o, more := l.codec.Decode(p, at)
	if o <= codec.Repeated {
		d.passed(h.Intended, at)
		d.take(h, o, at)
	} else {
		d.deliver(l, h, o, at)
	}
	for more {
		h, o, more = l.codec.Next()
		d.deliver(l, h, o, at)
	}
}

// Ended implements proto.Handler.
func (d *decoder) Ended(err error) {
	d.takeRest(d.active.Load(), clock.Now())
	d.Session.Ended(err)
}

// takeRest takes the messages that the opening steps left in their last frame.
func (d *decoder) takeRest(l *activeStream, at int64) {
	for more := l.script != nil && l.script.More(); more; {
		var h proto.Header
		var o codec.Outcome
		h, o, more = l.codec.Next()
		d.deliver(l, h, o, at)
	}
}

// deliver counts what a message is besides a reply, and passes it on if it is one.
func (d *decoder) deliver(l *activeStream, h proto.Header, o codec.Outcome, at int64) {
	if o > codec.Repeated {
		d.g.Events.countOutcome(l, h, o)
	}
	if o <= codec.Unstamped || o == codec.End {
		d.passed(h.Intended, at)
		d.take(h, o, at)
	}
}
