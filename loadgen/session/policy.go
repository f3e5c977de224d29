package session

import (
	"math/rand/v2"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/script"
	"rtbench/report/result"
)

// A Policy is what follows the failure of a stream.
type Policy uint8

const (
	// Abort ends the run if a stream does not open. One that breaks is counted and not reopened.
	// That the server ends a stream is normal.
	Abort Policy = iota
	// CountAndStop counts a stream that does not open, retries, and leaves it out at last. It counts
	// each end of a stream.
	CountAndStop
	// CountAndReopen is CountAndStop for streams that are opened again after they ended.
	CountAndReopen
)

// Backoff doubles with each attempt, with jitter of up to a half so that streams do not
// reconnect together.
const (
	minBackoff = 50 * time.Millisecond
	maxBackoff = 2 * time.Second
	// attemptTimeout limits the time of one attempt, excluding its opening steps.
	attemptTimeout = 5 * time.Second
	// permanentAttempts limits the attempts if the error is likely to persist.
	permanentAttempts = 3
	// retryTimeout limits the time to connect if the previous repetition opened no stream.
	retryTimeout = time.Second
	// replyTimeout limits the wait for a reply in a closed loop; then the stream is closed.
	replyTimeout = result.ReplyTimeout
	// reopenInterval is the least time between two openings of a stream, before jitter. A server may
	// end a stream after each reply, but one that ends it immediately must not be flooded with
	// requests.
	reopenInterval = 100 * time.Millisecond
	// reopenSpacing is the least time between any two reopenings of streams that lived for less
	// than reopenInterval: at most 1,000/s in a repetition.
	reopenSpacing = time.Millisecond
)

func backoff(attempt int) time.Duration {
	return jitter(min(maxBackoff, minBackoff<<min(attempt, 10)))
}

// jitter returns a random duration between d/2 and d.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }

// retries reports whether another attempt to open a stream follows the nth, from 0, that failed.
func (p Policy) retries(n int, err error) bool {
	return p != Abort && !driver.Final(err) && (n+1 < permanentAttempts || !driver.Permanent(err))
}

// attemptTimeout returns the limit of one attempt to open a stream with these opening steps. It is 0
// if only the time to connect limits it.
func (p Policy) attemptTimeout(opening []script.Step) time.Duration {
	if p == Abort {
		return 0
	}
	return attemptTimeout + stepsTime(opening)
}

// stepsTime returns the longest time that steps may take.
func stepsTime(steps []script.Step) (d time.Duration) {
	for i := range steps {
		switch s := &steps[i]; s.Do {
		case "think":
			d += s.Pause.Most()
		case "wait", "expect", "capture":
			d += s.Within
		}
	}
	return d
}
