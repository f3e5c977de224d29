package server

import (
	"rtbench/proto/clock"
)

// injectFault adds the fault of r to st, for messages that the server sends. For an
// upload, wrap adds it to the pattern, for messages that the server receives. Without a
// fault, st is returned unchanged.
func (s *Server) injectFault(st *countedStream, r request) (faulty stream, wrap func(pattern) pattern) {
	f, work := r.fault, int64(r.fault.work)
	switch sends := r.Pattern.Traffic().ServerSends; {
	case f == (Fault{}):
	case sends && !f.affectsMessages():
		st.work = work
	case sends:
		st.work = work
		q := s.newDelayQueue(r, maxDelayedMessages, sendTo(st))
		return &delayedStream{queuedStream{st, q}}, func(p pattern) pattern { return &delayedStreamPattern{p, q, r.Pattern.FromServer()} }
	case !f.affectsMessages():
		return st, func(p pattern) pattern { return &busyPattern{p, work} }
	default:
		q := s.newDelayQueue(r, 0, nil)
		return &queuedStream{st, q}, func(p pattern) pattern {
			p = &busyPattern{p, work}
			q.deliver = messageTo(p) // before the first message
			return &delayedPattern{p, q}
		}
	}
	return st, func(p pattern) pattern { return p }
}

// spin computes for a time in nanoseconds.
func spin(work int64) {
	if work == 0 {
		return
	}
	for until := clock.Now() + work; clock.Now() < until; {
		continue
	}
}

// A busyPattern computes before each message that it receives.
type busyPattern struct {
	pattern
	work int64
}

func (b *busyPattern) Message(p []byte, at int64) {
	spin(b.work)
	b.pattern.Message(p, clock.Now())
}
