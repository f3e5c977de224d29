package loadgen

import (
	"slices"
	"time"
)

// lingerTime returns how long a closed loop that matches replies by order waits for messages
// after the last reply. If the server also pushes messages, one was taken for a reply, and
// another message follows within the longest time from a message to its reply.
func (r *repetition) lingerTime() (d time.Duration) {
	if r.open() || !r.job.matchesByOrder() {
		return 0
	}
	for _, e := range r.exchanges {
		d = max(d, 2*time.Duration(e.loopState.longestWait.Load()))
	}
	return d
}

// outstanding returns how many messages of the run may still arrive. It may be called while
// messages arrive, after the last send.
func (r *repetition) outstanding() uint64 {
	var n uint64
	for i, e := range r.exchanges {
		switch {
		case e.gone.Load(), i == 0 && r.excludesSender():
		case r.job.serverPushes():
			n += e.pushed.outstanding()
		default:
			n += e.outstanding()
		}
	}
	return n
}

// outstanding returns how many replies the exchange's current stream owes.
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

// excludesSender reports whether the server seems to send a publisher's messages to every stream
// but its own: none came back on it, and some arrived on others.
func (r *repetition) excludesSender() bool {
	return r.job.publishes() && r.exchanges[0].answered.Load() == 0 &&
		slices.ContainsFunc(r.exchanges[1:], func(e *exchange) bool { return e.answered.Load() > 0 })
}
