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

// An unaryStream is a stream that makes a call for each message: a unary one, or one of client
// streaming that has the message Batch times. Send waits for the reply and hands it to
// Recv.
type unaryStream struct {
	driver  *custom
	channel *channel
	ctx     context.Context
	cancel  context.CancelFunc
	batch   int
	closed  sync.Once

	out     rawMessage
	ended   bool             // CloseSend was called, by the goroutine that sends
	free    chan *rawMessage // to receive into
	replies chan *rawMessage
	current *rawMessage // what Recv returned last
}

// maxReplies is how many replies may wait for Recv, the one that it returned last included.
const maxReplies = 3

func newUnaryStream(ctx context.Context, cancel context.CancelFunc, d *custom, c *channel) *unaryStream {
	s := &unaryStream{
		driver: d, channel: c, ctx: ctx, cancel: cancel,
		batch: max(1, d.endpoint.Batch),
		free:  make(chan *rawMessage, maxReplies), replies: make(chan *rawMessage, maxReplies),
	}
	for range maxReplies {
		s.free <- new(rawMessage)
	}
	return s
}

// SendWaits implements Waiter.
func (s *unaryStream) SendWaits() bool { return true }

// Send implements proto.Conn. When the call fails the error is ErrMessageFailed, and the
// next message may be sent.
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
		if why := (*callError)(nil); errors.As(err, &why) {
			why.sentinel = driver.ErrMessageFailed
		}
		return err
	}
	s.replies <- reply
	return nil
}

// call makes the call of one message.
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
	return s.upload(st, reply)
}

// upload sends the message as often as a call has it, and receives the answer.
func (s *unaryStream) upload(st grpc.ClientStream, reply *rawMessage) error {
	for range s.batch {
		if err := st.SendMsg(&s.out); errors.Is(err, io.EOF) {
			break // the server has answered already
		} else if err != nil {
			return err
		}
	}
	if err := st.CloseSend(); err != nil {
		return err
	}
	return st.RecvMsg(reply)
}

// Recv implements proto.Conn.
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

// CloseSend implements Stream: Recv ends after the replies that wait.
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
