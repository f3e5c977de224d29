package grpc

import (
	"fmt"
	"io"

	"rtbench/loadgen/driver"
	"rtbench/proto/framing"
)

// A unaryStream makes a call for each message: a unary or client-streaming one. Send waits for the reply
// and passes it to Recv.
type unaryStream struct {
	*call
	// exchange makes the call for message p and stores the reply in r.
	exchange func(p []byte, r *framing.BenchMessage) *callError
	ended    bool                       // by CloseSend; belongs to the goroutine that sends
	free     chan *framing.BenchMessage // unused
	replies  chan *framing.BenchMessage
	current  *framing.BenchMessage // returned by Recv
}

// maxReplies is the number of replies that can wait for Recv, including the one it returned last.
const maxReplies = 3

func newUnaryStream(c *call, exchange func([]byte, *framing.BenchMessage) *callError) *unaryStream {
	s := &unaryStream{call: c, exchange: exchange, free: make(chan *framing.BenchMessage, maxReplies), replies: make(chan *framing.BenchMessage, maxReplies)}
	for range maxReplies {
		m := c.message()
		s.free <- &m
	}
	return s
}

// Send implements proto.Conn. If only this call fails, the error is driver.ErrMessageFailed.
func (s *unaryStream) Send(p []byte) error {
	if s.ended {
		return fmt.Errorf("%w: %w", driver.ErrNotSent, errSendClosed)
	}
	var r *framing.BenchMessage
	select {
	case r = <-s.free:
	case <-s.ctx.Done():
		return fmt.Errorf("%w: %w", driver.ErrNotSent, errStreamClosed)
	}
	if failed := s.exchange(p, r); failed != nil {
		s.free <- r
		if s.ctx.Err() != nil {
			return errStreamClosed
		}
		failed.sentinel = driver.ErrMessageFailed
		return failed
	}
	s.replies <- r
	return nil
}

func (s *unaryStream) Recv() ([]byte, error) {
	if s.current != nil {
		s.free <- s.current
		s.current = nil
	}
	select {
	case r, ok := <-s.replies:
		if !ok {
			return nil, io.EOF
		}
		s.current = r
		return r.Payload, nil
	case <-s.ctx.Done():
		return nil, errStreamClosed
	}
}

// CloseSend implements driver.Stream. Recv ends after the waiting replies.
func (s *unaryStream) CloseSend() error {
	if !s.ended {
		s.ended = true
		close(s.replies)
	}
	return nil
}

// requests returns request i of the call for message p, valid until its next call, and whether there is
// one.
type requests func(p []byte, i int) ([]byte, bool)

// requests returns the requests of the calls for messages.
func (c *call) requests() requests {
	if c.endpoint.Requests != nil {
		return c.endpoint.Requests
	}
	copies := max(1, c.endpoint.Batch)
	return func(p []byte, i int) ([]byte, bool) { return p, i < copies }
}
