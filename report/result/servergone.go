package result

import "rtbench/proto"

// judgeServerGone detects a server that answered and then stopped listening: streams ended and
// could not be reopened.
func judgeServerGone(v *Validity, n Counters) {
	var refused uint64
	for class, count := range n.Refused {
		if n.isConnectionRefused(class) {
			refused += count
		}
	}
	calls := n.unconnected()
	ended := total(n.Errors) + total(n.Closed)
	switch {
	case calls > 0 && n.Recorded > 0:
		v.add(Suspect, Finding{Kind: ServerGone}, "the server went away: %s failed with connection refused after %s had succeeded", Plural(calls, "call"), Grouped(n.Recorded))
	case refused > 0 && ended > 0:
		v.add(Suspect, Finding{Kind: ServerGone}, "the server went away: %s ended, and reopening failed %s with connection refused", Plural(ended, "stream"), Plural(refused, "time"))
	}
}

// isConnectionRefused reports whether a class means that nothing listens at the target's address.
func (n Counters) isConnectionRefused(class string) bool {
	return proto.IsConnectionRefused(class) || proto.IsConnectionRefused(n.Examples[class])
}

// unconnected counts the messages that failed because nothing listened at the target's address.
func (n Counters) unconnected() (sum uint64) {
	for class, count := range n.Unexpected {
		if n.isConnectionRefused(class) {
			sum += count
		}
	}
	return sum
}
