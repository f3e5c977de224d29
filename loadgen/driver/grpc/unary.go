package grpc

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"

	"rtbench/loadgen/driver"
	"rtbench/proto/framing"
)

// A unaryStream makes a call for each message: a unary or client-streaming one. Send waits for the reply
// and passes it to Recv.
type unaryStream struct {
	*call
	out      framing.BenchMessage
	requests func(p []byte, i int) ([]byte, bool) // as in driver.Endpoint
	ended    bool                                 // by CloseSend; belongs to the goroutine that sends
	free     chan *framing.BenchMessage           // unused
	replies  chan *framing.BenchMessage
	current  *framing.BenchMessage // returned by Recv
}

// maxReplies is the number of replies that can wait for Recv, including the one it returned last.
const maxReplies = 3

func newUnaryStream(c *call) *unaryStream {
	s := &unaryStream{call: c, out: c.message(), free: make(chan *framing.BenchMessage, maxReplies), replies: make(chan *framing.BenchMessage, maxReplies)}
	s.out.Pool = buffers
	if s.requests = c.endpoint.Requests; s.requests == nil {
		copies := max(1, c.endpoint.Batch)
		s.requests = func(p []byte, i int) ([]byte, bool) { return p, i < copies }
	}
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
	if err := s.exchange(p, r); err != nil {
		s.free <- r
		if s.ctx.Err() != nil {
			return errStreamClosed
		}
		failed := s.explain(err)
		failed.sentinel = driver.ErrMessageFailed
		return failed
	}
	s.replies <- r
	return nil
}

// exchange makes the call for message p.
func (s *unaryStream) exchange(p []byte, r *framing.BenchMessage) error {
	ctx := s.ctx
	if s.endpoint.Deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.endpoint.Deadline)
		defer cancel()
	}
	if !s.desc.ClientStreams {
		s.out.Payload = p
		return s.channel.Invoke(ctx, s.path, &s.out, r, s.options...)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	st, err := s.channel.NewStream(ctx, &s.desc, s.path, s.options...)
	if err != nil {
		return err
	}
	return s.upload(st, p, r)
}

// upload sends the requests for message p and receives the reply.
func (s *unaryStream) upload(st grpc.ClientStream, p []byte, r *framing.BenchMessage) error {
	for i := 0; ; i++ {
		request, more := s.requests(p, i)
		if !more {
			break
		}
		s.out.Payload = request
		if err := st.SendMsg(&s.out); errors.Is(err, io.EOF) {
			break // the server has already replied
		} else if err != nil {
			return err
		}
	}
	if err := st.CloseSend(); err != nil {
		return err
	}
	return st.RecvMsg(r)
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
