package server

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"rtbench/proto/clock"
)

// longestQueue is how many messages may wait to be released on a stream; the
// next Send waits.
const longestQueue = 64 << 10

// A lateSender is a stream whose messages go out late, from a goroutine of its
// own: Send only puts them into a queue, so that what is late holds up neither a
// metronome that pushes nor the POST of an SSE stream.
type lateSender struct {
	stream
	lateness *lateness

	mu     sync.Mutex
	queue  []outgoing
	ending bool  // no more will be queued
	err    error // of the stream's Send, once sending is over

	more, room chan struct{}
	ended      chan struct{}
}

// An outgoing message is a copy of what was sent, or a parcel.
type outgoing struct {
	arrived int64
	bytes   []byte
	parcel  *parcel
}

func (o outgoing) drop() {
	if o.parcel != nil {
		o.parcel.release()
	}
}

func newLateSender(st stream, late *lateness) *lateSender {
	l := &lateSender{
		stream: st, lateness: late,
		more: make(chan struct{}, 1), room: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	go l.run()
	return l
}

// Send implements proto.Conn. It returns the error of a message before.
func (l *lateSender) Send(p []byte) error {
	return l.put(outgoing{arrived: clock.Now(), bytes: bytes.Clone(p)})
}

func (l *lateSender) sendPacked(p *parcel) error {
	p.refs.Add(1)
	return l.put(outgoing{arrived: clock.Now(), parcel: p})
}

func (l *lateSender) put(o outgoing) error {
	for {
		done, err := l.tryPut(o)
		if err != nil {
			o.drop()
		}
		if done {
			return err
		}
		select {
		case <-l.room:
		case <-l.ended:
		}
	}
}

func (l *lateSender) tryPut(o outgoing) (done bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.err != nil:
		return true, l.err
	case l.ending:
		return true, io.ErrClosedPipe
	case len(l.queue) >= longestQueue:
		return false, nil
	}
	l.queue = append(l.queue, o)
	signal(l.more)
	return true, nil
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// next waits for a message of the queue; false when there are no more.
func (l *lateSender) next() (outgoing, bool) {
	for {
		l.mu.Lock()
		if len(l.queue) > 0 {
			o := l.queue[0]
			l.queue[0] = outgoing{}
			l.queue = l.queue[1:]
			l.mu.Unlock()
			signal(l.room)
			return o, true
		}
		ending := l.ending
		l.mu.Unlock()
		if ending {
			return outgoing{}, false
		}
		select {
		case <-l.more:
		case <-l.lateness.ctx.Done():
			return outgoing{}, false
		}
	}
}

// run sends what is queued, late, until there is no more, a Send fails, or the
// stream ends.
func (l *lateSender) run() {
	defer close(l.ended)
	order := sequence[outgoing]{fault: l.lateness.fault}
	err := l.sendAll(&order)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err = err; err == nil {
		l.ending = true
	}
	for _, o := range l.queue {
		o.drop()
	}
	l.queue = nil
	for _, s := range order.rest() {
		s.message.drop()
	}
}

func (l *lateSender) sendAll(order *sequence[outgoing]) error {
	for {
		o, ok := l.next()
		if !ok {
			break
		}
		if !l.lateness.hold(o.arrived) {
			o.drop()
			return io.ErrClosedPipe
		}
		if err := l.sendOut(order.take(o)); err != nil {
			return err
		}
	}
	if l.lateness.ctx.Err() != nil {
		return io.ErrClosedPipe
	}
	return l.sendOut(order.rest())
}

// sendOut sends the messages whose turn has come and drops them.
func (l *lateSender) sendOut(slots []slot[outgoing]) (err error) {
	for _, s := range slots {
		for range s.copies {
			switch {
			case err != nil:
			case s.message.parcel != nil:
				err = l.stream.sendPacked(s.message.parcel)
			default:
				err = l.stream.Send(s.message.bytes)
			}
		}
		s.message.drop()
	}
	return err
}

// A lateEnding is the pattern of a lateSender: when the client is gone, what is queued
// is too.
type lateEnding struct {
	pattern
	late       *lateSender
	fromServer bool
}

// Ended implements proto.Handler.
func (l *lateEnding) Ended(err error) {
	if l.fromServer || !errors.Is(err, io.EOF) {
		l.late.lateness.cancel()
	}
	l.pattern.Ended(err)
}

// CloseSend implements stream: it first sends what is queued, each in its time.
func (l *lateSender) CloseSend() error {
	l.mu.Lock()
	l.ending = true
	l.mu.Unlock()
	signal(l.more)
	<-l.ended
	return l.stream.CloseSend()
}

// CloseSent implements stream.
func (l *lateSender) CloseSent() error {
	l.lateness.cancel()
	err := l.stream.CloseSent()
	<-l.ended
	return err
}

// Close implements stream: it drops what is queued.
func (l *lateSender) Close() error {
	l.lateness.cancel()
	err := l.stream.Close()
	<-l.ended
	return err
}
