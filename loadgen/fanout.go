package loadgen

import "slices"

// published is the traffic of a first client that sends messages, which all clients receive.
var published = traffic{senders: firstSends, handler: replyHandler, tally: tallyReplies, outstanding: outstandingReplies}

// sender returns the exchange whose messages e receives.
func (e *exchange) sender() *exchange {
	if e.r.traffic.senders == firstSends {
		return e.r.exchanges[0]
	}
	return e
}

// excludesSender reports whether the server seems to send a publisher's messages to every stream
// but its own: none came back on it, and some arrived on others.
func (r *repetition) excludesSender() bool {
	return r.traffic.senders == firstSends && r.exchanges[0].answered.Load() == 0 &&
		slices.ContainsFunc(r.exchanges[1:], func(e *exchange) bool { return e.answered.Load() > 0 })
}
