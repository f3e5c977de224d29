package server

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"sync"

	"rtbench/proto/clock"
)

// maxDelayedMessages is the number of queued messages from which Send blocks.
const maxDelayedMessages = 64 << 10

// A delayedStream sends messages late, on its own goroutine. Send only queues them, so
// that a delay blocks neither the metronome of a push nor the POST of an SSE stream.
type delayedStream struct {
	stream
	delayer *delayer

	mu      sync.Mutex
	changed *sync.Cond // of the fields below and the delayer's ctx
	queue   []outgoing
	ending  bool  // no more messages will be queued
	err     error // of the stream's Send, once sending has ended

	ended chan struct{}
}

// An outgoing message is a copy of a sent one, or shared.
type outgoing struct {
	arrived int64
	bytes   []byte
	shared  *sharedMessage
}

func (o outgoing) drop() {
	if o.shared != nil {
		o.shared.release()
	}
}

func newDelayedStream(st stream, d *delayer) *delayedStream {
	l := &delayedStream{stream: st, delayer: d, ended: make(chan struct{})}
	l.changed = sync.NewCond(&l.mu)
	context.AfterFunc(d.ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.changed.Broadcast()
	})
	go l.run()
	return l
}

// Send implements proto.Conn. It returns the error of an earlier message.
func (l *delayedStream) Send(p []byte) error {
	return l.put(outgoing{arrived: clock.Now(), bytes: bytes.Clone(p)})
}

func (l *delayedStream) sendShared(p *sharedMessage) error {
	p.refs.Add(1)
	return l.put(outgoing{arrived: clock.Now(), shared: p})
}

func (l *delayedStream) put(o outgoing) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.err == nil && !l.ending && len(l.queue) >= maxDelayedMessages {
		l.changed.Wait()
	}
	if l.err != nil || l.ending {
		o.drop()
		return cmp.Or(l.err, io.ErrClosedPipe)
	}
	l.queue = append(l.queue, o)
	l.changed.Broadcast()
	return nil
}

// next waits for a queued message. It returns false after the last one.
func (l *delayedStream) next() (o outgoing, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.queue) == 0 && !l.ending && l.delayer.ctx.Err() == nil {
		l.changed.Wait()
	}
	if len(l.queue) == 0 {
		return outgoing{}, false
	}
	o, l.queue[0] = l.queue[0], outgoing{}
	l.queue = l.queue[1:]
	l.changed.Broadcast()
	return o, true
}

// run sends queued messages late, until the last one, an error, or the end of the stream.
func (l *delayedStream) run() {
	defer close(l.ended)
	order := messageOrder[outgoing]{fault: l.delayer.fault}
	err := l.sendAll(&order)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err = err; err == nil {
		l.ending = true
	}
	l.changed.Broadcast()
	for _, o := range l.queue {
		o.drop()
	}
	l.queue = nil
	for _, s := range order.flush() {
		s.message.drop()
	}
}

func (l *delayedStream) sendAll(order *messageOrder[outgoing]) error {
	for {
		o, ok := l.next()
		if !ok {
			break
		}
		if !l.delayer.wait(o.arrived) {
			o.drop()
			return io.ErrClosedPipe
		}
		if err := l.sendOut(order.next(o)); err != nil {
			return err
		}
	}
	if l.delayer.ctx.Err() != nil {
		return io.ErrClosedPipe
	}
	return l.sendOut(order.flush())
}

// sendOut sends and drops messages.
func (l *delayedStream) sendOut(slots []delivery[outgoing]) (err error) {
	for _, s := range slots {
		for range s.copies {
			switch {
			case err != nil:
			case s.message.shared != nil:
				err = l.stream.sendShared(s.message.shared)
			default:
				err = l.stream.Send(s.message.bytes)
			}
		}
		s.message.drop()
	}
	return err
}

// A delayedStreamPattern is the pattern of a delayedStream. If the client leaves, it
// drops the queue.
type delayedStreamPattern struct {
	pattern
	delayed    *delayedStream
	fromServer bool
}

func (l *delayedStreamPattern) Ended(err error) {
	if l.fromServer || !errors.Is(err, io.EOF) {
		l.delayed.delayer.cancel()
	}
	l.pattern.Ended(err)
}

// CloseSend implements stream. It first sends queued messages at their time.
func (l *delayedStream) CloseSend() error {
	l.mu.Lock()
	l.ending = true
	l.changed.Broadcast()
	l.mu.Unlock()
	<-l.ended
	return l.stream.CloseSend()
}

func (l *delayedStream) CloseSent() error {
	l.delayer.cancel()
	err := l.stream.CloseSent()
	<-l.ended
	return err
}

// Close implements stream. It drops queued messages.
func (l *delayedStream) Close() error {
	l.delayer.cancel()
	err := l.stream.Close()
	<-l.ended
	return err
}
