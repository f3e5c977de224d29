package session

import "slices"

// published is the traffic of a first client that sends messages, which all clients receive.
var published = traffic{senders: firstSends, handler: replyHandler, tally: tallyReplies, outstanding: outstandingReplies}

// announced is published if several generators have the clients. Its messages are accounted for as those of a room of
// which the first client is the only sender.
var announced = traffic{senders: firstSends, handler: delivered.handler, outstanding: delivered.outstanding}

// excludesSender reports whether the server seems to send a publisher's messages to every stream
// but its own: none came back on it, and some arrived on others.
func excludesSender(g *Group) bool {
	return g.traffic.senders == firstSends && g.sessions[0].share == 0 && g.sessions[0].answered.Load() == 0 &&
		slices.ContainsFunc(g.sessions[1:], func(e *Session) bool { return e.answered.Load() > 0 })
}
