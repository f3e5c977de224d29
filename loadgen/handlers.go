package loadgen

import (
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
)

// A handler receives the messages of an exchange's streams. start is called before the first
// message of each stream.
type handler interface {
	proto.Handler
	start()
}

// newHandler returns the receiver's handler for the traffic pattern.
func (e *exchange) newHandler() handler {
	switch {
	case e.r.job.timesArrivals():
		return decoder{e, push{e}}
	case e.r.job.measuredAtServer():
		return upload{e}
	case e.r.open():
		return decoder{e, openLoop{e}}
	case e.call.Pattern.FromServer() && !e.r.job.custom():
		return decoder{e, flood{e}}
	}
	return decoder{e, closedLoop{e}}
}

// A taker counts the messages of a traffic pattern.
type taker interface {
	// take counts a message that arrived at the time at.
	take(h proto.Header, o codec.Outcome, at int64)
	start()
}

// A decoder is the handler that decodes messages for a taker.
type decoder struct {
	*exchange
	taker
}

func (d decoder) start() {
	d.takeRest(d.active.Load(), clock.Now())
	d.taker.start()
}

// Message implements proto.Handler.
func (d decoder) Message(p []byte, at int64) {
	l := d.active.Load()
	if l.script != nil {
		d.takeRest(l, at)
	}
	h, o, more := l.codec.Decode(p, at)
	for d.deliver(l, h, o, at); more; d.deliver(l, h, o, at) {
		h, o, more = l.codec.Next()
	}
}

// Ended implements proto.Handler.
func (d decoder) Ended(err error) {
	d.takeRest(d.active.Load(), clock.Now())
	d.exchange.Ended(err)
}

// takeRest takes the messages that the opening steps left in their last frame.
func (d decoder) takeRest(l *activeStream, at int64) {
	for more := l.script != nil && l.script.More(); more; {
		var h proto.Header
		var o codec.Outcome
		h, o, more = l.codec.Next()
		d.deliver(l, h, o, at)
	}
}

// deliver counts what a message is besides a reply, and passes it on if it is one.
func (d decoder) deliver(l *activeStream, h proto.Header, o codec.Outcome, at int64) {
	if o > codec.Repeated {
		d.r.countOutcome(l.script, h, o)
	}
	if o <= codec.Unstamped {
		d.taker.take(h, o, at)
	}
}

// openLoop receives the messages of an open loop.
type openLoop struct{ *exchange }

func (e openLoop) start() {}

func (e openLoop) take(h proto.Header, o codec.Outcome, at int64) {
	e.receiver.Note(h, o, at)
	e.answered.Store(e.receiver.Ledger.Received + e.receiver.Ledger.Corrupt)
}

// flood receives as fast as the server sends, until the end of the steady phase.
type flood struct{ *exchange }

func (e flood) start() {}

func (e flood) take(h proto.Header, o codec.Outcome, at int64) {
	e.receiver.Note(h, o, at)
	if o == codec.Intact && h.Intended >= e.r.to && !e.closedHere {
		e.closeStream()
	}
}

// upload receives the server's summary of an upload.
type upload struct{ *exchange }

func (e upload) start() {
	if !e.r.open() {
		e.r.sending.Go(e.sendAll)
	}
}

// sendAll sends as fast as the stream accepts messages, in a closed loop.
func (e upload) sendAll() {
	// Streams of one event loop share a message buffer, but these send concurrently.
	e.active.Load().setMessage(e.r.job.newMessage())
	for clock.Now() < e.r.to && !e.r.cutoff.Load() && e.Fire(clock.Now()) {
		e.think()
	}
	_ = e.active.Load().closeSend(e.r)
}

func (e upload) Message(p []byte, _ int64) {
	var err error
	if e.summary, err = e.r.sink.Merge(p); err != nil {
		e.r.countBroken(err)
		e.closeStream()
	}
}
