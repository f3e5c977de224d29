package server

import (
	"context"
	"runtime"
	"sync/atomic"

	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

// delayer is what a stream needs to be late: when, in which order, and how to
// wait. It belongs to one goroutine.
type delayer struct {
	*schedule
	fault  Fault
	alarm  alarm
	ahead  int64           // nanoseconds that the alarm rings before the time
	spun   *atomic.Int64   // in nanoseconds
	ctx    context.Context // ends with the stream, or with the server
	cancel context.CancelFunc
}

func (s *Server) newDelayer(r request) *delayer {
	l := &delayer{
		schedule: newSchedule(r.fault, r.Call), fault: r.fault, spun: &s.faultSpin,
		alarm: alarm{s.metronome(r.Call), make(chan struct{}, 1)},
		ahead: int64(pace.Spin(runtime.GOMAXPROCS(0), r.Profile.Peak())),
	}
	l.ctx, l.cancel = context.WithCancel(s.ctx)
	return l
}

// hold returns when a message that came at arrived is released; false when the
// stream ended before. A goroutine runs some 30 to 100 µs after it is woken, so
// it is woken before the time and watches the clock for the rest.
func (l *delayer) wait(arrived int64) bool {
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
