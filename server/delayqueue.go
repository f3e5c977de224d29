package server

import (
	"cmp"
	"context"
	"io"
	"sync"
)

// A delayQueue runs tasks late on its own goroutine, and loses, repeats and swaps them by its fault.
// A task sends or handles one message.
type delayQueue struct {
	delayer *delayer
	limit   int // put waits while more tasks are unfinished

	mu         sync.Mutex
	changed    *sync.Cond // of the fields below and the delayer's ctx
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

func newDelayQueue(d *delayer, limit int) *delayQueue {
	q := &delayQueue{delayer: d, limit: limit, ended: make(chan struct{})}
	q.changed = sync.NewCond(&q.mu)
	context.AfterFunc(d.ctx, func() {
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
	for len(q.queue) == 0 && !q.ending && q.delayer.ctx.Err() == nil {
		q.changed.Wait()
	}
	if len(q.queue) == 0 {
		return t, false
	}
	t, q.queue[0] = q.queue[0], delayedTask{}
	q.queue = q.queue[1:]
	return t, true
}

// run runs queued tasks, until the last one, an error, or the end of the delayer's ctx.
func (q *delayQueue) run() {
	defer close(q.ended)
	err := q.runAll()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.err, q.ending, q.queue = err, true, nil
	q.changed.Broadcast()
}

func (q *delayQueue) runAll() error {
	order := messageOrder[func() error]{fault: q.delayer.fault}
	for t, ok := q.next(); ok; t, ok = q.next() {
		if !q.delayer.wait(t.arrived) {
			return io.ErrClosedPipe
		}
		if err := runTasks(order.next(t.do)); err != nil {
			return err
		}
		q.mu.Lock()
		q.unfinished--
		q.changed.Broadcast()
		q.mu.Unlock()
	}
	if q.delayer.ctx.Err() != nil {
		return io.ErrClosedPipe
	}
	return runTasks(order.flush())
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

// cancel drops the queued tasks. ended is closed once the current one has ended.
func (q *delayQueue) cancel() { q.delayer.cancel() }
