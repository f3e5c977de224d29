package loadgen

import (
	"rtbench/proto"
	"rtbench/proto/clock"
)

// newHandler returns the receiver's handler for the traffic pattern.
func (e *exchange) newHandler() proto.Handler {
	switch {
	case e.r.job.timesArrivals():
		return push{e}
	case e.r.job.measuredAtServer():
		return upload{e}
	case e.r.open():
		return openLoop{e}
	case e.r.job.custom():
		return closedLoop{lockstep{e}}
	case e.call.Pattern.FromServer():
		return flood{e}
	}
	return lockstep{e}
}

// openLoop receives the messages of an open loop.
type openLoop struct{ *exchange }

func (e openLoop) Message(p []byte, at int64) {
	e.receiver.Take(p, at)
	e.answered.Store(e.receiver.Ledger.Received + e.receiver.Ledger.Corrupt)
}

// flood receives as fast as the server sends, until the end of the steady phase.
type flood struct{ *exchange }

func (e flood) Message(p []byte, at int64) {
	if h, ok := e.receiver.Take(p, at); ok && h.Intended >= e.r.to && !e.closedHere {
		e.closeStream()
	}
}

// upload receives the server's summary of an upload.
type upload struct{ *exchange }

// sendAll sends as fast as the stream accepts messages, in a closed loop.
func (e upload) sendAll() {
	// Streams of one event loop share a message buffer, but these send concurrently.
	e.message = e.r.job.newMessage()
	for clock.Now() < e.r.to && !e.r.cutoff.Load() && e.Fire(clock.Now()) {
		e.think()
	}
	_ = e.stream().CloseSend()
}

func (e upload) Message(p []byte, _ int64) {
	var err error
	if e.summary, err = e.r.sink.Merge(p); err != nil {
		e.r.countBroken(err)
		e.closeStream()
	}
}
