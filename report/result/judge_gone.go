package result

import "strings"

// How reasons begin that explain the others.
const (
	serverGone       = "the server went away"
	repetitionFailed = "the repetition failed: "
)

// Gravity orders reasons for a reader: lower first. A server that went away explains what
// follows, and so does a repetition that failed as a whole.
func Gravity(reason string) int {
	switch {
	case strings.HasPrefix(reason, serverGone), strings.HasPrefix(reason, repetitionFailed+serverEnded):
		return 0
	case strings.HasPrefix(reason, repetitionFailed):
		return 1
	}
	return 2
}

// serverEnded begins the error of a repetition whose server, started for it, has ended.
const serverEnded = "the reference server ended"

// judgeGone finds a server that answered and then listened no more: streams ended, and none
// could be opened in their place.
func judgeGone(v *Validity, n Counters) {
	var refused uint64
	for class, count := range n.Refused {
		if n.noServer(class) {
			refused += count
		}
	}
	calls := n.unconnected()
	ended := total(n.Errors) + total(n.Closed)
	switch {
	case calls > 0 && n.Recorded > 0:
		v.object(Suspect, serverGone+" in the middle: %s failed without a connection (connection refused), %d had succeeded", Plural(calls, "call"), n.Recorded)
	case refused > 0 && ended > 0:
		v.object(Suspect, serverGone+" in the middle: streams ended: %d, and attempts to open them anew were refused (connection refused): %d", ended, refused)
	}
}

// noServer reports whether a class is that nothing listens at the target's address.
func (n Counters) noServer(class string) bool {
	return strings.Contains(class+n.Examples[class], "connection refused")
}

// unconnected returns how many messages failed since their call found no server.
func (n Counters) unconnected() (sum uint64) {
	for class, count := range n.Unexpected {
		if n.noServer(class) {
			sum += count
		}
	}
	return sum
}
