package server

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

// A request is a call as this server serves it: with the fault that it names, or
// else the server's own.
type request struct {
	proto.Call
	fault Fault
}

// parseRequest reads the text form of a call, for every protocol.
func (s *Server) parseRequest(query string) (request, error) {
	call, err := proto.ParseCall(query)
	if err == nil {
		err = checkPhase(call, clock.Now())
	}
	if err != nil {
		return request{}, err
	}
	if call.Fault == "" {
		return request{call, s.fault}, nil
	}
	fault, err := ParseFault(call.Fault)
	if err != nil {
		return request{}, fmt.Errorf("call: %w", err)
	}
	return request{call, fault}, nil
}

// faulty returns st with the fault of its request, which works on the messages that
// the application sends; for an upload on those that it receives: around is what its
// pattern is put into. A request without a fault gets st itself.
func (s *Server) faulty(st stream, r request) (faulty stream, around func(pattern) pattern) {
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
		late := newLateSender(&busyStream{stream: st, work: work}, s.lateness(r))
		return late, func(p pattern) pattern { return &lateEnding{p, late, r.Pattern.FromServer()} }
	case !f.mangles():
		around = func(p pattern) pattern { return &busyPattern{p, work} }
	default:
		late := s.lateness(r)
		st = &lateClosing{st, late}
		around = func(p pattern) pattern { return newLatePattern(&busyPattern{p, work}, late) }
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

func (b *busyStream) sendPacked(p *parcel) error {
	compute(b.work)
	return b.stream.sendPacked(p)
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

// lateness is what a stream needs to be late: when, in which order, and how to
// wait. It belongs to one goroutine.
type lateness struct {
	*schedule
	fault  Fault
	alarm  alarm
	ahead  int64           // nanoseconds that the alarm rings before the time
	spun   *atomic.Int64   // in nanoseconds
	ctx    context.Context // ends with the stream, or with the server
	cancel context.CancelFunc
}

func (s *Server) lateness(r request) *lateness {
	l := &lateness{
		schedule: newSchedule(r.fault, r.Call), fault: r.fault, spun: &s.watched,
		alarm: alarm{s.metronome(r.Call), make(chan struct{}, 1)},
		ahead: int64(pace.Spin(runtime.GOMAXPROCS(0), r.Profile.Peak())),
	}
	l.ctx, l.cancel = context.WithCancel(s.ctx)
	return l
}

// hold returns when a message that came at arrived is released; false when the
// stream ended before. A goroutine runs some 30 to 100 µs after it is woken, so
// it is woken before the time and watches the clock for the rest.
func (l *lateness) hold(arrived int64) bool {
	due := l.release(arrived)
	now := clock.Now()
	if now < due-l.ahead && !l.alarm.wait(l.ctx, due-l.ahead) {
		return false
	}
	if now = clock.Now(); now < due {
		l.spun.Add(due - now)
		for now < due {
			now = clock.Now()
		}
	}
	return l.ctx.Err() == nil
}

// An alarm is the pace.Task that wakes a goroutine at one time: Go's own timers
// are late by up to a millisecond.
type alarm struct {
	pacer *pace.Metronome
	rang  chan struct{}
}

// Fire implements pace.Task.
func (a alarm) Fire(int64) bool {
	a.rang <- struct{}{}
	return false
}

// Done implements pace.Task.
func (a alarm) Done() {}

// wait returns true at due, or false when ctx has ended; the alarm is of no more
// use then.
func (a alarm) wait(ctx context.Context, due int64) bool {
	a.pacer.At(due, a)
	select {
	case <-a.rang:
		return true
	case <-ctx.Done():
		a.pacer.Remove(a)
		return false
	}
}
