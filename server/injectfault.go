package server

import (
	"rtbench/proto/clock"
)

// injectFault adds the fault of r to st, for messages that the server sends. For an
// upload, wrap adds it to the pattern, for messages that the server receives. Without a
// fault, st is returned unchanged.
func (s *Server) injectFault(st stream, r request) (faulty stream, wrap func(pattern) pattern) {
	f := r.fault
	wrap = func(p pattern) pattern { return p }
	if f == (Fault{}) {
		return st, wrap
	}
	work := int64(f.work)
	switch receives := !r.Pattern.Traffic().ServerSends; {
	case !receives && !f.affectsMessages():
		st = &busyStream{stream: st, work: work}
	case !receives:
		delayed := newDelayedStream(&busyStream{stream: st, work: work}, s.newDelayer(r))
		return delayed, func(p pattern) pattern { return &delayedStreamPattern{p, delayed, r.Pattern.FromServer()} }
	case !f.affectsMessages():
		wrap = func(p pattern) pattern { return &busyPattern{p, work} }
	default:
		d := s.newDelayer(r)
		st = &delayedPatternStream{st, d}
		wrap = func(p pattern) pattern { return newDelayedPattern(&busyPattern{p, work}, d) }
	}
	return st, wrap
}

func spin(work int64) {
	for until := clock.Now() + work; clock.Now() < until; {
		continue
	}
}

// A busyStream computes before each message that it sends.
type busyStream struct {
	stream
	work int64
}

func (b *busyStream) Send(p []byte) error {
	spin(b.work)
	return b.stream.Send(p)
}

func (b *busyStream) sendShared(p *sharedMessage) error {
	spin(b.work)
	return b.stream.sendShared(p)
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
