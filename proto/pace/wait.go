package pace

import (
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
