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

// A delayQueue delivers messages late on its own goroutine, and loses, repeats and swaps them by its fault. It
// reuses their buffers: a garbage collector that stops the server would add to the delay.
type delayQueue struct {
	*schedule
	order   messageOrder[delayedMessage]
	deliver func(delayedMessage) error // sends or handles a message, which is valid during the call
	limit   int                        // put waits while more messages are unfinished
	alarm   alarm
	ahead   int64              // time between the alarm and the release, in nanoseconds
	spun    *atomic.Int64      // in nanoseconds
	ctx     context.Context    // ends with the stream or the server
	cancel  context.CancelFunc // drops the queued tasks; ended is closed once the current one has ended

	mu         sync.Mutex
	changed    *sync.Cond // of the fields below and ctx
	queue      []delayedMessage
	first      int      // index into queue of the next message
	free       [][]byte // buffers of delivered messages
	unfinished int      // in queue or being delivered
	ending     bool     // no more messages will be queued
	err        error    // of a delivery

	ended chan struct{}
}

// A delayedMessage is one message, in a buffer of the queue or shared with other streams.
type delayedMessage struct {
	arrived int64
	bytes   []byte
	shared  *sharedMessage
}

// keepsOrder reports whether the fault leaves every message once and in order, so that its buffer is free afterwards.
func (f Fault) keepsOrder() bool { return f.lose == 0 && f.duplicate == 0 && f.swaps == 0 }

func (s *Server) newDelayQueue(r request, limit int, deliver func(delayedMessage) error) *delayQueue {
	q := &delayQueue{
		schedule: newSchedule(r.fault, r.Call), order: messageOrder[delayedMessage]{fault: r.fault}, deliver: deliver, limit: limit, spun: &s.faultSpin,
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

// put queues a copy of p that arrived at a time, or a shared message, and returns the error of an earlier delivery.
func (q *delayQueue) put(arrived int64, p []byte, shared *sharedMessage) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ending {
		return cmp.Or(q.err, io.ErrClosedPipe)
	}
	m := delayedMessage{arrived, nil, shared}
	if shared == nil {
		if last := len(q.free) - 1; last >= 0 {
			m.bytes, q.free = q.free[last], q.free[:last]
		}
		m.bytes = append(m.bytes[:0], p...)
	}
	q.queue = append(q.queue, m)
	q.unfinished++
	q.changed.Broadcast()
	for q.unfinished > q.limit && !q.ending {
		q.changed.Wait()
	}
	return q.err
}

// next waits for a queued message. It returns false after the last one.
func (q *delayQueue) next() (m delayedMessage, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.first == len(q.queue) && !q.ending && q.ctx.Err() == nil {
		q.changed.Wait()
	}
	if q.first == len(q.queue) {
		return m, false
	}
	m, q.queue[q.first] = q.queue[q.first], delayedMessage{}
	if q.first++; 2*q.first >= len(q.queue) { // amortized over as many messages
		q.queue = append(q.queue[:0], q.queue[q.first:]...)
		q.first = 0
	}
	return m, true
}

// delivered counts a message, whose buffer may be reused unless another delivery of it follows.
func (q *delayQueue) delivered(m delayedMessage) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.unfinished--
	if m.bytes != nil && q.order.fault.keepsOrder() {
		q.free = append(q.free, m.bytes)
	}
	q.changed.Broadcast()
}

// run delivers queued messages, until the last one, an error, or the end of ctx.
func (q *delayQueue) run() {
	defer close(q.ended)
	err := q.runAll()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.err, q.ending, q.queue, q.first = err, true, nil, 0
	q.changed.Broadcast()
}

func (q *delayQueue) runAll() error {
	for m, ok := q.next(); ok; m, ok = q.next() {
		if !q.wait(m.arrived) {
			return io.ErrClosedPipe
		}
		if err := q.deliverAll(q.order.next(m)); err != nil {
			return err
		}
		q.delivered(m)
	}
	if q.ctx.Err() != nil {
		return io.ErrClosedPipe
	}
	return q.deliverAll(q.order.flush())
}

func (q *delayQueue) deliverAll(list []delayedMessage) error {
	for _, m := range list {
		if err := q.deliver(m); err != nil {
			return err
		}
	}
	return nil
}

// finish delivers the queued messages at their time and waits for the last one.
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
