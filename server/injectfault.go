package server

import (
	"rtbench/proto"
	"rtbench/proto/clock"
)

// injectFault returns st with the fault of its request, which works on the messages that
// the application sends; for an upload on those that it receives: around is what its
// pattern is put into. A request without a fault gets st itself.
func (s *Server) injectFault(st stream, r request) (faulty stream, around func(pattern) pattern) {
	f := r.fault
	around = func(p pattern) pattern { return p }
	if f == (Fault{}) {
		return st, around
	}
	work := int64(f.work)
	switch receives := r.Pattern == proto.Upload; {
	case !receives && !f.mangles():
		st = &busyStream{stream: st, work: work}
	case !receives:
		late := newDelayedStream(&busyStream{stream: st, work: work}, s.newDelayer(r))
		return late, func(p pattern) pattern { return &delayedStreamPattern{p, late, r.Pattern.FromServer()} }
	case !f.mangles():
		around = func(p pattern) pattern { return &busyPattern{p, work} }
	default:
		late := s.newDelayer(r)
		st = &delayedPatternStream{st, late}
		around = func(p pattern) pattern { return newDelayedPattern(&busyPattern{p, work}, late) }
	}
	return st, around
}

func compute(work int64) {
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
	compute(b.work)
	return b.stream.Send(p)
}

func (b *busyStream) sendShared(p *sharedMessage) error {
	compute(b.work)
	return b.stream.sendShared(p)
}

// A busyPattern computes before each message that it takes.
type busyPattern struct {
	pattern
	work int64
}

func (b *busyPattern) Message(p []byte, at int64) {
	compute(b.work)
	b.pattern.Message(p, clock.Now())
}
