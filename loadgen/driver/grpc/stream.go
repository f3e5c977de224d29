package grpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"google.golang.org/grpc"

	"rtbench/loadgen/driver"
)

// A callStream is a server or bidirectional streaming call.
type callStream struct {
	driver    *custom
	channel   *channel
	share     int
	st        grpc.ClientStream
	ctx       context.Context // of the call
	cancel    context.CancelFunc
	in, out   rawMessage
	unwritten unwritten
	received  bool // at least one message
	closed    sync.Once
}

// start starts the call. For server streaming it sends the request.
func (s *callStream) start() error {
	st, err := s.channel.NewStream(s.ctx, &s.driver.desc, s.driver.path)
	if err != nil {
		return s.driver.explain(s.channel, err)
	}
	s.st, s.out.unwritten = st, &s.unwritten
	if s.driver.desc.ClientStreams {
		return nil
	}
	if s.driver.endpoint.Request != nil {
		s.out.payload = s.driver.endpoint.Request(s.share)
	}
	// io.EOF: the server has ended the call, and Recv returns the reason.
	if err := errors.Join(ignoreEOF(st.SendMsg(&s.out)), st.CloseSend()); err != nil {
		return s.driver.explain(s.channel, err)
	}
	return nil
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

var errOneRequest = errors.New("a server-streaming call has one request, which is already sent")

// Send implements proto.Conn. The codec copies p.
func (s *callStream) Send(p []byte) error {
	if !s.driver.desc.ClientStreams {
		return errOneRequest
	}
	s.out.payload = p
	switch err := s.st.SendMsg(&s.out); {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF):
		return driver.ErrEnded
	default:
		return s.endError(err)
	}
}

// Writable is a driver.Stream's. After the end of the call it is true: Send fails at once.
func (s *callStream) Writable() bool { return s.unwritten.writable() || s.st.Context().Err() != nil }

func (s *callStream) Recv() ([]byte, error) {
	if err := s.st.RecvMsg(&s.in); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return nil, s.endError(err)
	}
	s.received = true
	return s.in.payload, nil
}

// endError returns the reason for the end of the call.
func (s *callStream) endError(err error) error {
	if errors.Is(s.ctx.Err(), context.Canceled) {
		return errStreamClosed
	}
	err = s.driver.explain(s.channel, err)
	if ce := (*callError)(nil); !s.received && errors.As(err, &ce) {
		ce.markRefused()
	}
	return err
}

func (s *callStream) CloseSend() error { return s.st.CloseSend() }

func (s *callStream) Close() error {
	s.closed.Do(func() {
		s.cancel()
		s.driver.release(s.channel)
	})
	return nil
}

var errStreamClosed = fmt.Errorf("the stream is closed: %w", net.ErrClosed)

var errSendClosed = errors.New("send after CloseSend")
