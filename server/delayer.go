package server

import (
	"context"
	"runtime"
	"sync/atomic"

	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

// A delayer decides when and in which order a stream's messages are released, and waits
// for it. It belongs to one goroutine.
type delayer struct {
	*schedule
	fault  Fault
	alarm  alarm
	ahead  int64           // time between the alarm and the release, in nanoseconds
	spun   *atomic.Int64   // in nanoseconds
	ctx    context.Context // ends with the stream or the server
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

// wait returns when a message that came at arrived is released. It returns false if the
// stream ended before. A goroutine runs 30 to 100 µs after it is woken, so wait wakes
// early and watches the clock for the rest.
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

// An alarm is a pace.Task that wakes a goroutine at a given time: Go's timers are late by
// up to a millisecond.
type alarm struct {
	pacer *pace.Metronome
	rang  chan struct{}
}

func (a alarm) Fire(int64) bool {
	a.rang <- struct{}{}
	return false
}

func (a alarm) Done() {}

// wait returns true at due, or false if ctx has ended; the alarm cannot be used
// afterwards.
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
