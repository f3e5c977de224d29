package live

import (
	"time"

	"rtbench/report/result"
)

// defaultOverhead is the assumed time for starting a server, connecting and draining, used until the
// first repetition has ended.
const defaultOverhead = 500 * time.Millisecond

// An eta estimates the end of a run from the plan of the remaining repetitions and the overhead of
// the finished ones.
type eta struct {
	started   time.Time // start of the run
	ended     time.Time // end of the last finished repetition, initially started
	end       time.Time // zero if unknown
	remaining time.Duration
	overhead  time.Duration
}

// note records a status received at now.
func (c *eta) note(s result.Status, now time.Time) {
	if c.started.IsZero() || s.Run == 1 && s.Phase == "server" && !s.Done { // the beginning of another run
		*c = eta{started: now, ended: now, overhead: defaultOverhead}
		c.estimate(s, 0, 0)
	}
	if s.Done {
		c.ended = now
		c.estimate(s, s.Run, s.Before+s.Plan)
	}
}

// estimate updates the estimate after done repetitions with a planned duration of passed.
func (c *eta) estimate(s result.Status, done int, passed time.Duration) {
	took := c.ended.Sub(c.started)
	left := time.Duration(max(0, s.Of-done))
	switch {
	case s.Whole > 0:
		if done > 0 {
			c.overhead = max(0, (took-passed)/time.Duration(done))
		}
		c.remaining = max(0, s.Whole-passed) + left*c.overhead
	case done > 0:
		c.remaining = left * (took / time.Duration(done))
	default:
		return
	}
	c.end = c.ended.Add(c.remaining)
}

// left returns the estimated time left at now; ok is false if unknown. A repetition that exceeds
// its plan does not shorten the remaining ones.
func (c *eta) left(s result.Status, now time.Time) (d time.Duration, ok bool) {
	if c.end.IsZero() {
		return 0, false
	}
	after := c.remaining
	if !s.Done && s.Of > 0 {
		after -= s.Plan + c.overhead
		if s.Whole <= 0 {
			after = 0
		}
	}
	return max(0, after, c.end.Sub(now)), true
}
