package pace

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/proto/clock"
)

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

// pollEvery is how many messages are fired, where one after the other is due already,
// before the waiter is asked for what it can do at once.
const pollEvery = 16

// A Waiter is what a metronome's thread does between messages: it sleeps, or it does
// other work that comes meanwhile. All but Wake is called on that thread only.
type Waiter interface {
	// Wait passes the time: it returns after d nanoseconds, at once where d is 0, or
	// before, when woken or when it has done something, of which it begins nothing more
	// from until on (nanoseconds of clock.Now). It says whether it did something.
	Wait(d, until int64) bool
	// Wake ends the Wait, or the next one where there is none. Any goroutine.
	Wake()
	// Close is the last call, and gives back what the Waiter holds. No Wake follows.
	Close()
}

// A Metronome fires tasks on one operating system thread of its own, which what
// its methods ask for wakes at once. They may be called from any goroutine but
// that of a Task or of the Waiter.
type Metronome struct {
	spin    int64
	spun    atomic.Int64
	changed atomic.Bool // there is something for takeChanges
	asleep  atomic.Bool // in waiter
	ended   chan struct{}
	waiter  Waiter

	mu      sync.Mutex
	adding  []*entry
	removal []removal
	cleared bool // all tasks are to end
	closed  bool

	// The thread's own.
	tasks    dueHeap
	unpolled int   // messages fired since the waiter was asked
	polledAt int64 // when that was
}

type removal struct {
	task Task
	done chan struct{}
}

// NewMetronome starts a metronome that spins for the last part of each wait, as
// Spin recommends. Close ends it.
func NewMetronome(spin time.Duration) *Metronome { return NewMetronomeOn(newSleeper(), spin) }

// NewMetronomeOn starts a metronome that waits by w, which is its own from now on: for
// work that belongs between the messages, such as taking the answers to them. So one
// thread does both, and neither has to be woken for the other.
func NewMetronomeOn(w Waiter, spin time.Duration) *Metronome {
	m := &Metronome{spin: int64(spin), ended: make(chan struct{}), waiter: w}
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
	e.blocker, _ = e.task.(Blocker)
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

// Clear ends all tasks, soon. The thread goes on.
func (m *Metronome) Clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.cleared = true
		m.signal()
	}
}

// Close ends all tasks, the thread and the Waiter, and returns when they have ended.
func (m *Metronome) Close() {
	m.mu.Lock()
	if !m.closed {
		m.closed = true
		m.signal()
	}
	m.mu.Unlock()
	<-m.ended
}

// Spun is the CPU time that the metronome has spent watching the clock.
func (m *Metronome) Spun() time.Duration { return time.Duration(m.spun.Load()) }

// signal tells the thread that something changed. m.mu is held and m not closed
// before, so that the waiter is there to be woken.
func (m *Metronome) signal() {
	m.changed.Store(true)
	if m.asleep.Load() {
		m.waiter.Wake()
	}
}

func (m *Metronome) run() {
	// The thread is never unlocked: it ends with the goroutine, and its timer
	// slack with it.
	runtime.LockOSThread()
	prepareThread()
	defer close(m.ended)
	defer m.waiter.Close()
	for {
		if m.changed.Swap(false) && !m.applyChanges() {
			return
		}
		if len(m.tasks) == 0 {
			m.wait(longSleep, math.MaxInt64)
			continue
		}
		e := m.tasks[0].entry
		if !m.waitFor(m.tasks[0].due) {
			continue
		}
		if e.backOff() {
			m.tasks.delayFirst(clock.Now() + e.backoff)
			continue
		}
		if e.task.Fire(e.due) && e.next() {
			m.tasks.replaceFirst(e)
			continue
		}
		m.tasks.remove(0)
		e.task.Done()
	}
}

// waitFor returns true at due, or false before when it waited a part of the time
// or something changed.
func (m *Metronome) waitFor(due int64) bool {
	start := clock.Now()
	if start >= due {
		if m.unpolled++; m.unpolled >= pollEvery {
			// For as long as these took, so that neither starves.
			m.waiter.Wait(0, 2*start-m.polledAt)
			m.unpolled, m.polledAt = 0, start
		}
		return true
	}
	m.unpolled, m.polledAt = 0, start
	if rest := due - start - m.spin; rest > 0 {
		if rest > lastSleep {
			rest = min(rest-lastSleep/2, longSleep)
		}
		m.wait(rest, due)
		return false
	}
	now := start
	for now < due && !m.changed.Load() {
		if m.waiter.Wait(0, due) { // that was no spinning
			m.spun.Add(now - start)
			now = clock.Now()
			start = min(now, due)
			continue
		}
		now = clock.Now()
	}
	// A thread that lost its core while spinning did not use the time.
	m.spun.Add(min(due, now) - start)
	return now >= due
}

// wait returns after d nanoseconds, when something changed or was done.
func (m *Metronome) wait(d, until int64) {
	m.asleep.Store(true)
	if !m.changed.Load() { // else its signal may have come too early to wake
		m.waiter.Wait(d, until)
	}
	m.asleep.Store(false)
}

// applyChanges applies what Add, Remove and Close asked for. It returns false
// when the metronome is closed.
func (m *Metronome) applyChanges() bool {
	m.mu.Lock()
	adding, removals, cleared, closed := m.adding, m.removal, m.cleared, m.closed
	m.adding, m.removal, m.cleared = nil, nil, false
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
	if cleared || closed {
		for _, d := range m.tasks {
			d.entry.task.Done()
		}
		m.tasks = nil
	}
	return !closed
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
