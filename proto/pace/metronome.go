package pace

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/proto/clock"
)

// Spin recommends how long before a due time a metronome with this message rate stops
// sleeping and watches the clock: long enough to hide a sleep that ends late. With fewer
// than four cores, spinning takes time from the server under test, so it is limited to a
// quarter of one core in total.
func Spin(cores int, rate float64) time.Duration {
	const defaultSpin = 60 * time.Microsecond
	if cores >= 4 || rate <= 0 {
		return defaultSpin
	}
	return min(defaultSpin, time.Duration(float64(time.Second/4)/rate))
}

// A sleep may end late by a thousandth of its length (the kernel's slack for ppoll). A
// long sleep therefore ends early and is followed by one of at most lastSleep, whose 5 µs
// are hidden by spinning. longSleep bounds the lateness of long sleeps.
const (
	lastSleep = int64(5 * time.Millisecond)
	longSleep = int64(time.Second)
)

// pollEvery is the number of overdue messages fired in a row before the waiter is polled.
const pollEvery = 16

// A Waiter runs on a metronome's thread between messages: it sleeps or does other work.
// All methods but Wake are called on that thread only.
type Waiter interface {
	// Wait returns after d nanoseconds, or earlier if it was woken or has done work; with
	// d = 0 it does not sleep. It starts no work at or after the time until (nanoseconds
	// of clock.Now). It reports whether it has done work.
	Wait(d, until int64) bool
	// Wake ends the current or, if there is none, the next Wait. It may be called from
	// any goroutine.
	Wake()
	// Close releases the Waiter's resources. Neither Wait nor Wake is called afterwards.
	Close()
}

// A Metronome fires tasks at their due times, on an operating system thread of its own.
// Its methods take effect at once, even while the thread sleeps. They may be called from
// any goroutine except that of a Task or the Waiter.
type Metronome struct {
	spin    int64
	spun    atomic.Int64
	changed atomic.Bool // there are changes to apply
	asleep  atomic.Bool // in waiter.Wait
	ended   chan struct{}
	waiter  Waiter

	mu      sync.Mutex
	adding  []*entry
	spare   []*entry // of At, to be used again
	removal []removal
	clears  []func(Task) bool // end the tasks for which any returns true
	closed  bool

	// Owned by the thread.
	tasks    dueHeap
	spent    []*entry // of At; they become spare
	applied  []*entry // the space of adding before the last change
	unpolled int      // messages fired since the last poll
	polledAt int64    // time of the last poll
}

type removal struct {
	task Task
	done chan struct{}
}

// NewMetronome starts a metronome that spins at the end of each wait, as recommended by
// Spin. Close ends it.
func NewMetronome(spin time.Duration) *Metronome { return NewMetronomeOn(newSleeper(), spin) }

// NewMetronomeOn starts a metronome that waits with w, which it owns, for work that
// belongs between the messages, such as receiving replies. One thread then does both
// without waking another.
func NewMetronomeOn(w Waiter, spin time.Duration) *Metronome {
	m := &Metronome{spin: int64(spin), ended: make(chan struct{}), waiter: w}
	go m.run()
	return m
}

// Add schedules t by plan, whose time 0 is origin (nanoseconds of clock.Now). Messages
// that are already due fire at once.
func (m *Metronome) Add(origin int64, plan *Plan, t Task) {
	m.add(entry{origin: origin, plan: plan, task: t})
}

// At schedules t once, at due (nanoseconds of clock.Now), or at once if that is past. It allocates only if more tasks
// than ever before are scheduled by it.
func (m *Metronome) At(due int64, t Task) { m.add(entry{due: due, task: t}) }

func (m *Metronome) add(with entry) {
	with.blocker, _ = with.task.(Blocker)
	m.mu.Lock()
	closed := m.closed
	if !closed {
		m.adding = append(m.adding, m.newEntry(with))
		m.signal()
	}
	m.mu.Unlock()
	if closed {
		with.task.Done()
	}
}

// newEntry returns an entry with these values. m.mu must be held.
func (m *Metronome) newEntry(with entry) *entry {
	var e *entry
	if n := len(m.spare); with.plan == nil && n > 0 {
		e, m.spare = m.spare[n-1], m.spare[:n-1]
	} else {
		e = new(entry)
	}
	*e = with
	return e
}

// Remove ends t and returns when t will not fire again.
func (m *Metronome) Remove(t Task) { <-m.Drop(t) }

// Drop ends t and returns a channel that is closed when t will not fire again.
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

// Clear ends the tasks for which of returns true, soon. The metronome keeps running. of is called
// on its thread.
func (m *Metronome) Clear(of func(Task) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.clears = append(m.clears, of)
		m.signal()
	}
}

// Close ends all tasks, the thread and the Waiter, and waits for them.
func (m *Metronome) Close() {
	m.mu.Lock()
	if !m.closed {
		m.closed = true
		m.signal()
	}
	m.mu.Unlock()
	<-m.ended
}

// Spun returns the CPU time spent watching the clock.
func (m *Metronome) Spun() time.Duration { return time.Duration(m.spun.Load()) }

// signal wakes the thread to apply changes. m.mu must be held and m must have been open,
// so that the waiter still exists.
func (m *Metronome) signal() {
	m.changed.Store(true)
	if m.asleep.Load() {
		m.waiter.Wake()
	}
}

func (m *Metronome) run() {
	// The thread stays locked: it ends with the goroutine, and its timer slack with it.
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
		m.finish(e)
	}
}

// finish ends a task that is scheduled no more.
func (m *Metronome) finish(e *entry) {
	e.task.Done()
	if e.plan == nil {
		*e = entry{}
		m.spent = append(m.spent, e)
	}
}

// waitFor returns true at due. It returns false earlier after a part of the wait or if
// something changed.
func (m *Metronome) waitFor(due int64) bool {
	start := clock.Now()
	if start >= due {
		if m.unpolled++; m.unpolled >= pollEvery {
			// For as long as firing took, so that neither starves.
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
		if m.waiter.Wait(0, due) { // worked instead of spinning
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

// wait returns after d nanoseconds, or earlier after a change or work.
func (m *Metronome) wait(d, until int64) {
	m.asleep.Store(true)
	if !m.changed.Load() { // otherwise Wake may have come too early
		m.waiter.Wait(d, until)
	}
	m.asleep.Store(false)
}

// applyChanges applies pending changes. It returns false if the metronome is closed.
func (m *Metronome) applyChanges() bool {
	m.mu.Lock()
	adding, removals, clears, closed := m.adding, m.removal, m.clears, m.closed
	m.adding, m.removal, m.clears = m.applied[:0], nil, nil
	m.spare = append(m.spare, m.spent...)
	m.mu.Unlock()
	m.spent = m.spent[:0]
	for _, e := range adding {
		if e.plan == nil || e.next() {
			m.tasks.add(e)
		} else {
			e.task.Done()
		}
	}
	clear(adding)
	m.applied = adding
	for _, r := range removals {
		m.remove(r.task)
		close(r.done)
	}
	for _, of := range clears {
		m.end(of)
	}
	if closed {
		m.end(func(Task) bool { return true })
	}
	return !closed
}

// end ends the tasks for which of returns true.
func (m *Metronome) end(of func(Task) bool) {
	m.tasks.deleteFunc(func(e *entry) bool {
		ends := of(e.task)
		if ends {
			e.task.Done()
		}
		return ends
	})
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
