package loadgen

import (
	"fmt"

	"rtbench/proto/clock"
)

// breakStalledStreams closes the streams of a closed loop whose reply is overdue.
func (r *repetition) breakStalledStreams() {
	if !r.job.custom() || r.open() {
		return
	}
	for _, e := range r.exchanges {
		l := e.active.Load() // before sentAt, which is 0 on a new stream
		if sent := e.sentAt.Load(); sent != 0 && clock.Now()-sent > int64(replyTimeout) {
			var err error = noReplyError{}
			l.sendErr.CompareAndSwap(nil, &err)
			_ = l.close()
		}
	}
}

// noReplyError is the error of a stream whose reply is overdue.
type noReplyError struct{}

func (noReplyError) Error() string { return fmt.Sprintf("no reply within %v", replyTimeout) }

// Class names the error class.
func (noReplyError) Class() string { return "reply timeout" }
