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
		if strings.Contains(class+n.Examples[class], "connection refused") {
			refused += count
		}
	}
	ended := total(n.Errors) + total(n.Closed)
	if refused > 0 && ended > 0 {
		v.object(Suspect, serverGone+" in the middle: streams ended: %d, and attempts to open them anew were refused (connection refused): %d", ended, refused)
	}
}
