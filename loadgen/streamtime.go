package loadgen

import (
	"errors"
	"io"
	"time"

	"rtbench/proto/clock"
	"rtbench/report/result"
)

// streamTime measures how long a stream was not at work in the steady phase.
type streamTime struct {
	endedAt int64 // end of the stream; 0: it is open
	// endedInOrder reports whether the server ended the stream normally after messages, and no
	// attempt to reopen it has failed.
	endedInOrder            bool
	notOpen, resting, pause int64    // nanoseconds of the steady phase
	waits                   []period // for replies that never arrived
}

// A period lies between two times of clock.Now.
type period struct{ from, to int64 }

// steadyPart returns how much of s lies in the steady phase.
func (r *repetition) steadyPart(s period) int64 {
	return max(0, min(s.to, r.to)-max(s.from, r.from))
}

// measuresStreamTime reports whether the load depends on open streams, as in a closed loop and
// for a target that pushes.
func (r *repetition) measuresStreamTime() bool {
	return !r.open() && (r.job.custom() || !r.job.pattern().FromServer())
}

// noteEnd records the end of the exchange's stream.
func (e *exchange) noteEnd(err error) {
	r, t, now := e.r, &e.streamTime, clock.Now()
	sent := e.sentAt.Load()
	ordered := errors.Is(err, io.EOF) && sent == 0 && (r.traffic.pushes() || r.policy == countAndReopen) &&
		e.received() > e.receivedBefore
	if s := (period{sent, now}); sent != 0 && r.steadyPart(s) > 0 {
		t.waits = append(t.waits, s)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	t.endedAt, t.endedInOrder = now, ordered
	if r.openStreams--; r.openStreams == 0 {
		r.noneOpenSince = now
	}
}

// noteReopened records that the exchange has a stream again. The caller holds r.mu.
func (e *exchange) noteReopened() {
	r, now := e.r, clock.Now()
	e.streamTime.end(r, now)
	if r.openStreams == 0 {
		r.noneOpenTime += r.steadyPart(period{r.noneOpenSince, now})
	}
	r.openStreams++
}

// end adds the time since the stream ended.
func (t *streamTime) end(r *repetition, now int64) {
	if t.endedAt == 0 {
		return
	}
	if d := r.steadyPart(period{t.endedAt, now}); t.endedInOrder {
		t.resting += d
	} else {
		t.notOpen += d
	}
	t.endedAt = 0
}

// collectStreamTime sums the time that streams were not at work in the steady phase.
func (r *repetition) collectStreamTime() {
	if !r.measuresStreamTime() {
		return
	}
	end := r.steadyEnd
	length := time.Duration(max(0, end-r.from))
	out := result.StreamTime{
		Total:          length * time.Duration(r.job.streams()),
		NotOpen:        length * time.Duration(r.unopened()),
		NotOpenStreams: r.unopened(),
	}
	// Streams of a slow server are at work. A reply is missing only if the wait was longer than
	// for any reply that arrived.
	longest := int64(r.rep.Response.Max())
	for _, e := range r.exchanges {
		t := &e.streamTime
		t.end(r, end)
		out.Resting += time.Duration(t.resting)
		out.Paused += time.Duration(t.pause)
		if t.notOpen > 0 {
			out.NotOpen += time.Duration(t.notOpen)
			out.NotOpenStreams++
		}
		var waited int64
		for _, s := range t.waits {
			if s.to-s.from > longest {
				waited += r.steadyPart(period{s.from, min(s.to, end)})
			}
		}
		if waited > 0 {
			out.Waiting += time.Duration(waited)
			out.WaitingStreams++
		}
	}
	if r.openStreams == 0 {
		r.noneOpenTime += r.steadyPart(period{r.noneOpenSince, end})
	}
	out.NoneOpen = time.Duration(r.noneOpenTime)
	r.rep.StreamTime = out
}
