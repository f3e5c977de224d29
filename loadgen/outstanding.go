package loadgen

import (
	"time"
)

// lingerTime returns how long a closed loop looks for more messages after the last reply, where
// replies are told apart by their order. If the server sends messages by itself, one of them
// was taken for a reply, and then either another comes, or the reply that it took the place of:
// one of them in the time that was ever waited for a reply.
func (r *repetition) lingerTime() (d time.Duration) {
	if r.open() || !r.job.matchesByOrder() {
		return 0
	}
	for _, e := range r.exchanges {
		d = max(d, 2*time.Duration(e.custom.longestWait.Load()))
	}
	return d
}

// outstanding returns how many messages may still arrive that belong to the run. It may be
// called while messages arrive, once all are sent.
func (r *repetition) outstanding() uint64 {
	var n uint64
	for i, e := range r.exchanges {
		switch {
		case e.gone.Load(), i == 0 && r.excludesSender():
		case r.job.serverPushes():
			n += e.custom.outstanding()
		default:
			n += e.outstanding()
		}
	}
	return n
}

// outstanding returns how many replies the exchange's current stream still owes.
func (e *exchange) outstanding() uint64 {
	if !e.r.open() { // one message at a time
		if e.sentAt.Load() != 0 {
			return 1
		}
		return 0
	}
	sender, l := e, e.active.Load()
	if e.r.job.publishes() {
		sender = e.r.exchanges[0]
	}
	if sender == e && !l.sentOn.Load() {
		return 0 // nothing was sent since the stream was reopened
	}
	since := l.since
	done := e.answered.Load() - since.answered + sender.rejected() - since.rejected
	sent := sender.sent() - since.sent
	return sent - min(sent, done)
}
