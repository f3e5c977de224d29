package result

import (
	"fmt"
	"time"
)

// Shorter returns the shorter of two times, of which 0 is unknown.
func Shorter(a, b time.Duration) time.Duration {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

// occupied returns the share of the time that the requests of a stream take at least, one after the other, if each
// sends a planned message; 0 if several may be under way. Above 1 the plan cannot be carried out.
func (r *Repetition) occupied(c Config) float64 {
	if r.Phases.Steady <= 0 {
		return 0
	}
	perStream := float64(r.Counters.Planned) / c.AllStreams() / r.Phases.Steady.Seconds()
	return perStream * r.Request.Seconds()
}

// oneAtATime is the end of a reason that requests limit.
func (r *Repetition) oneAtATime() string {
	return fmt.Sprintf("each message is a request, of which a stream has one under way at a time, and none took less than %s: at most %s messages/s on a stream",
		formatDuration(r.Request), Count(1/r.Request.Seconds()))
}

// leastOccupied is the share of the time from which requests that wait for each other are the generator's limit.
const leastOccupied = 0.1

// judgeRequests finds the times that requests which waited for others of their stream have raised.
func judgeRequests(v *Validity, c Config, r *Repetition) {
	if r.occupied(c) < leastOccupied || r.Counters.backpressure() == "" {
		return
	}
	waited := 100 * float64(r.Counters.Waited) / float64(r.Counters.Planned)
	for _, p := range timeMetrics {
		if waited >= 100-p {
			v.add(Finding{Word: Limited, Kind: OneAtATime, Unusable: timesFrom(p), AtMost: true}, "%.0f %% of the messages waited for the request before: %s", waited, r.oneAtATime())
			return
		}
	}
}
