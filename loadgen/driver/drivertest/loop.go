package drivertest

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/eventloop/eventlooptest"
)

// A loopDriver receives with an event loop.
type loopDriver struct {
	driver.Driver
	Loop *eventloop.Loop
}

// WithLoop returns d with its streams driven by an event loop.
func WithLoop(t testing.TB, d driver.Driver) driver.Driver {
	return loopDriver{d, eventlooptest.NewLoop(t)}
}

func (d loopDriver) Open(ctx context.Context, c proto.Call) (driver.Stream, error) {
	st, err := d.Driver.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	driven, ok := st.(driver.EventDriven)
	if !ok {
		return nil, fmt.Errorf("%T has no event loop", st)
	}
	q := &LoopStream{Stream: st, in: make(chan []byte, 10_000), ended: make(chan error, 1), closed: make(chan struct{})}
	return q, driven.Drive(d.Loop, q)
}

// A LoopStream queues the messages that an event loop receives for Recv.
type LoopStream struct {
	driver.Stream
	in     chan []byte
	ended  chan error
	closed chan struct{}
	once   sync.Once
}

// Message implements proto.Handler.
func (q *LoopStream) Message(p []byte, _ int64) {
	select {
	case q.in <- bytes.Clone(p):
	case <-q.closed: // do not block the loop
	}
}

// Close implements driver.Stream.
func (q *LoopStream) Close() error {
	q.once.Do(func() { close(q.closed) })
	return q.Stream.Close()
}

// Ended implements proto.Handler.
func (q *LoopStream) Ended(err error) {
	q.ended <- err
	close(q.in)
}

// Recv implements proto.Conn.
func (q *LoopStream) Recv() ([]byte, error) {
	p, ok := <-q.in
	if ok {
		return p, nil
	}
	err := <-q.ended
	q.ended <- err
	return nil, err
}
