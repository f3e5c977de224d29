package pace

import "time"

// A Task is fired by a Metronome at the times of its plan.
type Task interface {
	// Fire is called once per message of the plan, on the metronome's thread, at or after
	// due (nanoseconds of clock.Now). Its duration delays the other tasks of that
	// metronome. It returns false to end the task.
	Fire(due int64) bool
	// Done is called once: on the metronome's thread if the plan has ended, Fire returned
	// false, or the task was removed; by Add or At if the metronome is closed.
	Done()
}

// A Blocker is a Task that may be unable to fire, for instance because its peer does not
// read. The metronome retries the same message with growing delays and continues with
// other tasks.
type Blocker interface {
	Task
	// Blocked reports whether the due message cannot be fired now. It is called before
	// each Fire, on the metronome's thread.
	Blocked() bool
}

// Delays between retries: they double from minBackoff to maxBackoff.
const (
	minBackoff = int64(50 * time.Microsecond)
	maxBackoff = int64(10 * time.Millisecond)
)

// An entry is a task with the rest of its plan. It is owned by the metronome's thread.
type entry struct {
	due     int64
	origin  int64
	plan    *Plan // nil: fire once, at due
	task    Task
	blocker Blocker // task, or nil if it is not a Blocker
	backoff int64   // the last delay; 0 after Fire
}

// backOff reports whether the task is blocked, and sets e.backoff.
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
