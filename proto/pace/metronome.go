package pace

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/proto/clock"
)

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
	load    *load // of the last plan

	// Owned by the thread.
	tasks    dueHeap
	spent    []*entry // of At; they become spare
	applied  []*entry // the space of adding before the last change
	unpolled int      // messages fired since the last poll
	polledAt int64    // time of the last poll
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
