package server

import (
	"cmp"
	"context"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

// A delayQueue runs tasks late on its own goroutine, and loses, repeats and swaps them by its fault.
// A task sends or handles one message.
type delayQueue struct {
	*schedule
	order  messageOrder[func() error]
	limit  int // put waits while more tasks are unfinished
	alarm  alarm
	ahead  int64              // time between the alarm and the release, in nanoseconds
	spun   *atomic.Int64      // in nanoseconds
	ctx    context.Context    // ends with the stream or the server
	cancel context.CancelFunc // drops the queued tasks; ended is closed once the current one has ended

	mu         sync.Mutex
	changed    *sync.Cond // of the fields below and ctx
	queue      []delayedTask
	unfinished int   // in queue or running
	ending     bool  // no more tasks will be queued
	err        error // of a task

	ended chan struct{}
}

type delayedTask struct {
	arrived int64
	do      func() error
}

func (s *Server) newDelayQueue(r request, limit int) *delayQueue {
	q := &delayQueue{
		schedule: newSchedule(r.fault, r.Call), order: messageOrder[func() error]{fault: r.fault}, limit: limit, spun: &s.faultSpin,
		alarm: alarm{s.metronome(r.Call), make(chan struct{}, 1)},
		ahead: int64(pace.Spin(runtime.GOMAXPROCS(0), r.Peak())), ended: make(chan struct{}),
	}
	q.ctx, q.cancel = context.WithCancel(s.ctx)
	q.changed = sync.NewCond(&q.mu)
	context.AfterFunc(q.ctx, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.changed.Broadcast()
	})
	go q.run()
	return q
}

// put queues a task that arrived at a time, and returns the error of an earlier one.
func (q *delayQueue) put(arrived int64, do func() error) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ending {
		return cmp.Or(q.err, io.ErrClosedPipe)
	}
	q.queue = append(q.queue, delayedTask{arrived, do})
	q.unfinished++
	q.changed.Broadcast()
	for q.unfinished > q.limit && !q.ending {
		q.changed.Wait()
	}
	return q.err
}

// next waits for a queued task. It returns false after the last one.
func (q *delayQueue) next() (t delayedTask, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.queue) == 0 && !q.ending && q.ctx.Err() == nil {
		q.changed.Wait()
	}
	if len(q.queue) == 0 {
		return t, false
	}
	t, q.queue[0] = q.queue[0], delayedTask{}
	q.queue = q.queue[1:]
	return t, true
}

// run runs queued tasks, until the last one, an error, or the end of ctx.
func (q *delayQueue) run() {
	defer close(q.ended)
	err := q.runAll()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.err, q.ending, q.queue = err, true, nil
	q.changed.Broadcast()
}

func (q *delayQueue) runAll() error {
	for t, ok := q.next(); ok; t, ok = q.next() {
		if !q.wait(t.arrived) {
			return io.ErrClosedPipe
		}
		if err := runTasks(q.order.next(t.do)); err != nil {
			return err
		}
		q.mu.Lock()
		q.unfinished--
		q.changed.Broadcast()
		q.mu.Unlock()
	}
	if q.ctx.Err() != nil {
		return io.ErrClosedPipe
	}
	return runTasks(q.order.flush())
}

func runTasks(tasks []func() error) error {
	for _, do := range tasks {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// finish runs the queued tasks at their time and waits for the last one.
func (q *delayQueue) finish() {
	q.mu.Lock()
	q.ending = true
	q.changed.Broadcast()
	q.mu.Unlock()
	<-q.ended
}

// wait returns when a message that came at arrived is released. It returns false if the
// stream ended before. A goroutine runs 30 to 100 µs after it is woken, so wait wakes
// early and watches the clock for the rest.
func (q *delayQueue) wait(arrived int64) bool {
	due := q.release(arrived)
	now := clock.Now()
	if now < due-q.ahead && !q.alarm.wait(q.ctx, due-q.ahead) {
		return false
	}
	if now = clock.Now(); now < due {
		q.spun.Add(due - now)
		for now < due {
			now = clock.Now()
		}
	}
	return q.ctx.Err() == nil
}
