package drivertest

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"rtbench/loadgen/driver"
	"rtbench/proto/eventloop"
	"rtbench/proto/eventloop/eventlooptest"
)

// WithLoop returns d with its streams driven by an event loop.
func WithLoop(t testing.TB, d *Client) *Client {
	driven := *d
	driven.drive = eventlooptest.NewLoop(t)
	return &driven
}

// DriveStream returns st driven by l. Its Conn is a *LoopStream.
func DriveStream(st *driver.Stream, l *eventloop.Loop) (*driver.Stream, error) {
	if st.Loop == nil {
		return nil, fmt.Errorf("%T has no event loop", st.Conn)
	}
	q := &LoopStream{Conn: st.Conn, in: make(chan []byte, 10_000), ended: make(chan error, 1), closed: make(chan struct{})}
	driven := *st
	driven.Conn = q
	return &driven, st.Loop.Drive(l, q)
}

// A LoopStream queues the messages that an event loop receives for Recv.
type LoopStream struct {
	driver.Conn
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

// Close implements driver.Conn.
func (q *LoopStream) Close() error {
	q.once.Do(func() { close(q.closed) })
	return q.Conn.Close()
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
