package pace

import "time"

// A Task is called by a Metronome at the times of its plan.
type Task interface {
	// Fire is called once for each message of the plan, on the metronome's
	// thread, at or after due (nanoseconds of clock.Now). What it takes delays
	// the other tasks of the same metronome. False ends the task.
	Fire(due int64) bool
	// Done is called once, on the metronome's thread, when the plan has ended,
	// Fire returned false, or the task was removed; where the metronome is closed
	// already it is called by Add or At.
	Done()
}

// A Blocker is a Task that cannot fire at any time, such as when its peer takes nothing. One
// that holds is asked again, soon and then more and more seldom, for the same message; the
// others go on.
type Blocker interface {
	Task
	// Blocked says that the message that is due cannot be fired now. It is called before each
	// Fire, on the metronome's thread.
	Blocked() bool
}

// A Blocker is asked again after the shortest hold, then after twice that, and so on.
const (
	minBackoff = int64(50 * time.Microsecond)
	maxBackoff = int64(10 * time.Millisecond)
)

// An entry is a task and what is left of its plan. It is the metronome's thread's own.
type entry struct {
	due     int64
	origin  int64
	plan    *Plan // nil: once, at due
	task    Task
	blocker Blocker // the task, where it is one, else nil
	backoff int64   // for how long it was left alone last; 0: it fired
}

// backOff asks the task, and says for how long to leave it alone.
func (e *entry) backOff() bool {
	if e.blocker == nil || !e.blocker.Blocked() {
		e.backoff = 0
		return false
	}
	e.backoff = min(max(2*e.backoff, minBackoff), maxBackoff)
	return true
}

func (e *entry) next() bool {
	if e.plan == nil {
		return false
	}
	after, ok := e.plan.Next()
	e.due = e.origin + int64(after)
	return ok
}
