package session

import (
	"sync"

	"rtbench/proto/clock"
)

// streamTime measures how long a stream was not at work in the steady phase.
type streamTime struct {
	endedAt int64 // end of the stream; 0: it is open
	// endedInOrder reports whether the server ended the stream normally after messages, and no
	// attempt to reopen it has failed.
	endedInOrder           bool
	cut                    bool     // it ended by an event of the scenario
	notOpen, resting, away int64    // nanoseconds of the steady phase
	waits                  []period // for replies that never arrived
}

// timesOut returns e.streamTime, and makes it if there is none.
func (e *Session) timesOut() *streamTime {
	if e.streamTime == nil {
		e.streamTime = new(streamTime)
	}
	return e.streamTime
}

// presence counts the open streams of a group.
type presence struct {
	mu      sync.Mutex
	closing bool // no stream is added
	streams int  // open
	// noneSince is the time at which streams became 0, and noneTime how long it was 0 in the steady
	// phase.
	noneSince, noneTime int64
}

func (p *presence) ended(now int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.streams--; p.streams == 0 {
		p.noneSince = now
	}
}

// reopened adds a stream by calling add, unless the group is closing.
func (p *presence) reopened(w *Timing, add func(now int64)) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing {
		return false
	}
	now := clock.Now()
	add(now)
	p.endNone(w, now)
	p.streams++
	return true
}

// endNone adds the time without a stream until now.
func (p *presence) endNone(w *Timing, now int64) {
	if p.streams == 0 {
		p.noneTime += w.steadyPart(period{p.noneSince, now})
	}
}

// unlessClosing calls f, unless the group is closing.
func (p *presence) unlessClosing(f func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closing {
		f()
	}
	return !p.closing
}

func (p *presence) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closing = true
}

// finishedBefore reports whether the server ended the stream normally, before a time.
func (t *streamTime) finishedBefore(end int64) bool {
	return t != nil && t.endedInOrder && t.endedAt != 0 && t.endedAt < end
}

// end adds the time since the stream ended.
func (t *streamTime) end(w *Timing, now int64) {
	if t == nil || t.endedAt == 0 {
		return
	}
	switch d := w.steadyPart(period{t.endedAt, now}); {
	case t.cut:
		t.away += d
	case t.endedInOrder:
		t.resting += d
	default:
		t.notOpen += d
	}
	t.endedAt, t.cut = 0, false
}
