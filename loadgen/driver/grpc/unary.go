package grpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"google.golang.org/grpc"

	"rtbench/loadgen/driver"
)

// A unaryStream makes a call for each message: a unary call, or a client-streaming call. Send waits for the reply and passes it to Recv.
type unaryStream struct {
	driver  *custom
	channel *channel
	ctx     context.Context
	cancel  context.CancelFunc
	// requests returns the requests of a client-streaming call, as in driver.Endpoint.
	requests func(p []byte, i int) ([]byte, bool)
	closed   sync.Once

	out     rawMessage
	ended   bool             // by CloseSend; belongs to the goroutine that sends
	free    chan *rawMessage // unused
	replies chan *rawMessage
	current *rawMessage // returned by Recv
}

// maxReplies is the number of replies that can wait for Recv, including the one it returned last.
const maxReplies = 3

func newUnaryStream(ctx context.Context, cancel context.CancelFunc, d *custom, c *channel, e *driver.Endpoint) *unaryStream {
	s := &unaryStream{
		driver: d, channel: c, ctx: ctx, cancel: cancel, requests: e.Requests,
		free: make(chan *rawMessage, maxReplies), replies: make(chan *rawMessage, maxReplies),
	}
	if s.requests == nil {
		copies := max(1, e.Batch)
		s.requests = func(p []byte, i int) ([]byte, bool) { return p, i < copies }
	}
	for range maxReplies {
		s.free <- new(rawMessage)
	}
	return s
}

// Send implements proto.Conn. If only this call fails, the error is driver.ErrMessageFailed.
func (s *unaryStream) Send(p []byte) error {
	if s.ended {
		return fmt.Errorf("%w: %w", driver.ErrNotSent, errSendClosed)
	}
	var reply *rawMessage
	select {
	case reply = <-s.free:
	case <-s.ctx.Done():
		return fmt.Errorf("%w: %w", driver.ErrNotSent, errStreamClosed)
	}
	s.out.payload = p
	if err := s.call(reply); err != nil {
		s.free <- reply
		if s.ctx.Err() != nil {
			return errStreamClosed
		}
		err = s.driver.explain(s.channel, err)
		if ce := (*callError)(nil); errors.As(err, &ce) {
			ce.sentinel = driver.ErrMessageFailed
		}
		return err
	}
	s.replies <- reply
	return nil
}

// call makes the call for one message.
func (s *unaryStream) call(reply *rawMessage) error {
	ctx := s.ctx
	if s.driver.endpoint.Deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.driver.endpoint.Deadline)
		defer cancel()
	}
	if !s.driver.desc.ClientStreams {
		return s.channel.Invoke(ctx, s.driver.path, &s.out, reply)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	st, err := s.channel.NewStream(ctx, &s.driver.desc, s.driver.path)
	if err != nil {
		return err
	}
	return s.upload(st, s.out.payload, reply)
}

// upload sends the requests for message p and receives the reply.
func (s *unaryStream) upload(st grpc.ClientStream, p []byte, reply *rawMessage) error {
	for i := 0; ; i++ {
		request, more := s.requests(p, i)
		if !more {
			break
		}
		s.out.payload = request
		if err := st.SendMsg(&s.out); errors.Is(err, io.EOF) {
			break // the server has already replied
		} else if err != nil {
			return err
		}
	}
	if err := st.CloseSend(); err != nil {
		return err
	}
	return st.RecvMsg(reply)
}

func (s *unaryStream) Recv() ([]byte, error) {
	if s.current != nil {
		s.free <- s.current
		s.current = nil
	}
	select {
	case reply, ok := <-s.replies:
		if !ok {
			return nil, io.EOF
		}
		s.current = reply
		return reply.payload, nil
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

func (s *unaryStream) Close() error {
	s.closed.Do(func() {
		s.cancel()
		s.driver.release(s.channel)
	})
	return nil
}
