package live

import "time"

// defaultOverhead is what starting a server, connecting and draining take, until repetitions
// have ended and it is known.
const defaultOverhead = 500 * time.Millisecond

// A eta estimates when a run ends: by the plan of what is to come, and by what the
// repetitions that have ended took beyond theirs.
type eta struct {
	started  time.Time // of the run
	ended    time.Time // of the last repetition that has ended, at first as started
	end      time.Time // the estimate; zero while there is none
	rest     time.Duration
	overhead time.Duration
}

// note takes a status that came at now.
func (c *eta) note(s Status, now time.Time) {
	if c.started.IsZero() || s.Run == 1 && s.Phase == "server" && !s.Done { // a run after a run begins anew
		*c = eta{started: now, ended: now, overhead: defaultOverhead}
		c.estimate(s, 0, 0)
	}
	if s.Done {
		c.ended = now
		c.estimate(s, s.Run, s.Before+s.Plan)
	}
}

// estimate sets the end, done repetitions having ended, of passed by the plan.
func (c *eta) estimate(s Status, done int, passed time.Duration) {
	took := c.ended.Sub(c.started)
	left := time.Duration(max(0, s.Of-done))
	switch {
	case s.Whole > 0:
		if done > 0 {
			c.overhead = max(0, (took-passed)/time.Duration(done))
		}
		c.rest = max(0, s.Whole-passed) + left*c.overhead
	case done > 0:
		c.rest = left * (took / time.Duration(done))
	default:
		return
	}
	c.end = c.ended.Add(c.rest)
}

// left is how long the run still takes, at now; ok is false while nothing is known. A
// repetition that takes longer than its plan takes nothing from those to come.
func (c *eta) left(s Status, now time.Time) (d time.Duration, ok bool) {
	if c.end.IsZero() {
		return 0, false
	}
	after := c.rest
	if !s.Done && s.Of > 0 {
		after -= s.Plan + c.overhead
		if s.Whole <= 0 {
			after = 0
		}
	}
	return max(0, after, c.end.Sub(now)), true
}
