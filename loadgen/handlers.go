package loadgen

import (
	"rtbench/proto"
	"rtbench/proto/clock"
)

// handler returns what takes that which comes back.
func (e *exchange) handler() proto.Handler {
	switch {
	case e.r.job.arrives():
		return arriving{e}
	case e.r.job.summarized():
		return uploading{e}
	case e.r.open():
		return following{e}
	case e.r.job.own():
		return asking{pingPong{e}}
	case e.call.Pattern.FromServer():
		return drinking{e}
	}
	return pingPong{e}
}

// following takes the messages of an open loop.
type following struct{ *exchange }

func (e following) Message(p []byte, at int64) {
	e.receiver.Take(p, at)
	e.answered.Store(e.receiver.Ledger.Received + e.receiver.Ledger.Corrupt)
}

// drinking takes what the server sends as fast as it can, until the end of the steady
// phase.
type drinking struct{ *exchange }

func (e drinking) Message(p []byte, at int64) {
	if h, ok := e.receiver.Take(p, at); ok && h.Intended >= e.r.to && !e.closed {
		e.enough()
	}
}

// uploading waits for the server's account of an upload.
type uploading struct{ *exchange }

// flood sends, in closed loop, as fast as the stream takes the messages.
func (e uploading) flood() {
	// Its own: streams that a loop drives share one, and here they send side by side.
	e.message = e.r.job.newMessage()
	for clock.Now() < e.r.to && !e.r.cutoff.Load() && e.Fire(clock.Now()) {
		e.think()
	}
	_ = e.stream().CloseSend()
}

func (e uploading) Message(p []byte, _ int64) {
	var err error
	if e.summary, err = e.r.sink.Merge(p); err != nil {
		e.r.broke(err)
		e.enough()
	}
}
