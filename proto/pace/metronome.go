package pace

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/proto/clock"
)

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

// Spin recommends how long before a due time a metronome of that many messages a
// second stops sleeping and watches the clock: long enough to hide that a sleep
// ends late, but with fewer than four cores, where it takes time from the server
// under test, at most a quarter of one core in all.
func Spin(cores int, rate float64) time.Duration {
	const enough = 60 * time.Microsecond
	if cores >= 4 || rate <= 0 {
		return enough
	}
	return min(enough, time.Duration(float64(time.Second/4)/rate))
}

// A sleep may end late by a thousandth of its length (the kernel's slack for
// ppoll), so a long one ends early and a short one follows: lastSleep, 5 µs late
// at most, which spinning hides. longSleep bounds how late the long ones end.
const (
	lastSleep = int64(5 * time.Millisecond)
	longSleep = int64(time.Second)
)

// A Metronome fires tasks on one operating system thread of its own, which what
// its methods ask for wakes at once. They may be called from any goroutine but
// that of a Task.
type Metronome struct {
	spin    int64
	spun    atomic.Int64
	changed atomic.Bool   // there is something for takeChanges
	asleep  atomic.Bool   // in sleeper
	wake    chan struct{} // out of having no tasks
	ended   chan struct{}
	sleeper *sleeper

	mu      sync.Mutex
	adding  []*entry
	removal []removal
	closed  bool

	tasks dueHeap // the thread's own
}

type entry struct {
	due    int64
	origin int64
	plan   *Plan // nil: once, at due
	task   Task
}

type removal struct {
	task Task
	done chan struct{}
}

// NewMetronome starts a metronome that spins for the last part of each wait, as
// Spin recommends. Close ends it.
func NewMetronome(spin time.Duration) *Metronome {
	m := &Metronome{spin: int64(spin), wake: make(chan struct{}, 1), ended: make(chan struct{}), sleeper: newSleeper()}
	go m.run()
	return m
}

// Add has t fired by plan, whose time 0 is origin (nanoseconds of clock.Now).
// Messages already due fire at once; the caller skips them if it wants to.
func (m *Metronome) Add(origin int64, plan *Plan, t Task) {
	m.add(&entry{origin: origin, plan: plan, task: t})
}

// At has t fired once, at due (nanoseconds of clock.Now), or at once if that has
// passed.
func (m *Metronome) At(due int64, t Task) { m.add(&entry{due: due, task: t}) }

func (m *Metronome) add(e *entry) {
	m.mu.Lock()
	closed := m.closed
	if !closed {
		m.adding = append(m.adding, e)
		m.signal()
	}
	m.mu.Unlock()
	if closed {
		e.task.Done()
	}
}

// Remove ends t if it has not ended yet and returns when t will not be fired
// any more.
func (m *Metronome) Remove(t Task) { <-m.Drop(t) }

// Drop ends t if it has not ended yet, and closes what it returns when t will not be
// fired any more.
func (m *Metronome) Drop(t Task) <-chan struct{} {
	r := removal{task: t, done: make(chan struct{})}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return m.ended
	}
	m.removal = append(m.removal, r)
	m.signal()
	return r.done
}

// Close ends all tasks and the thread, and returns when they have ended.
func (m *Metronome) Close() {
	m.mu.Lock()
	first := !m.closed
	if first {
		m.closed = true
		m.signal()
	}
	m.mu.Unlock()
	<-m.ended
	if first {
		m.sleeper.close()
	}
}

// Spun is the CPU time that the metronome has spent watching the clock.
func (m *Metronome) Spun() time.Duration { return time.Duration(m.spun.Load()) }

// signal tells the thread that something changed. m.mu is held and m not closed
// before, so that the sleeper is there to be woken.
func (m *Metronome) signal() {
	m.changed.Store(true)
	select {
	case m.wake <- struct{}{}:
	default:
	}
	if m.asleep.Load() {
		m.sleeper.wake()
	}
}

func (m *Metronome) run() {
	// The thread is never unlocked: it ends with the goroutine, and its timer
	// slack with it.
	runtime.LockOSThread()
	prepareThread()
	defer close(m.ended)
	for {
		if m.changed.Swap(false) && !m.takeChanges() {
			return
		}
		if len(m.tasks) == 0 {
			<-m.wake
			continue
		}
		due, e := m.tasks[0].due, m.tasks[0].entry
		if !m.waitFor(due) {
			continue
		}
		if e.task.Fire(due) && e.next() {
			m.tasks.replaceFirst(e)
			continue
		}
		m.tasks.remove(0)
		e.task.Done()
	}
}

// waitFor returns true at due, or false before when it slept a part of the time
// or something changed.
func (m *Metronome) waitFor(due int64) bool {
	start := clock.Now()
	if start >= due {
		return true
	}
	if rest := due - start - m.spin; rest > 0 {
		if rest > lastSleep {
			rest = min(rest-lastSleep/2, longSleep)
		}
		m.sleep(rest)
		return false
	}
	now := start
	for now < due && !m.changed.Load() {
		now = clock.Now()
	}
	// A thread that lost its core while spinning did not use the time.
	m.spun.Add(min(due, now) - start)
	return now >= due
}

// sleep returns after d nanoseconds or when something changed.
func (m *Metronome) sleep(d int64) {
	m.asleep.Store(true)
	if !m.changed.Load() { // else its signal may have come too early to wake
		m.sleeper.sleep(d)
	}
	m.asleep.Store(false)
}

// takeChanges applies what Add, Remove and Close asked for. It returns false
// when the metronome is closed.
func (m *Metronome) takeChanges() bool {
	m.mu.Lock()
	adding, removals, closed := m.adding, m.removal, m.closed
	m.adding, m.removal = nil, nil
	m.mu.Unlock()
	for _, e := range adding {
		if e.plan == nil || e.next() {
			m.tasks.add(e)
		} else {
			e.task.Done()
		}
	}
	for _, r := range removals {
		m.remove(r.task)
		close(r.done)
	}
	if !closed {
		return true
	}
	for _, d := range m.tasks {
		d.entry.task.Done()
	}
	m.tasks = nil
	return false
}

func (m *Metronome) remove(t Task) {
	for i, d := range m.tasks {
		if d.entry.task == t {
			m.tasks.remove(i)
			t.Done()
			return
		}
	}
}

func (e *entry) next() bool {
	if e.plan == nil {
		return false
	}
	after, ok := e.plan.Next()
	e.due = e.origin + int64(after)
	return ok
}
