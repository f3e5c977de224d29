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

// An callStream is a call whose server sends any number of messages.
type callStream struct {
	driver    *custom
	channel   *channel
	share     int
	st        grpc.ClientStream
	ctx       context.Context // of the call
	cancel    context.CancelFunc
	in, out   rawMessage
	unwritten unwritten
	received  bool // a message
	closed    sync.Once
}

// start begins the call, with the message that a call of server streaming has.
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
	// io.EOF says that the server has ended the call already: Recv says why.
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

// errOneRequest is Send's on a call of server streaming.
var errOneRequest = errors.New("a call of server streaming takes one message, which has opened it")

// Send implements proto.Conn. The library keeps nothing of p: the codec copies it.
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

// Writable implements Roomed. A call that has ended has room: its Send says so.
func (s *callStream) Writable() bool { return s.unwritten.writable() || s.st.Context().Err() != nil }

// Recv implements proto.Conn.
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

// endError says why the call ended.
func (s *callStream) endError(err error) error {
	if errors.Is(s.ctx.Err(), context.Canceled) {
		return errStreamClosed
	}
	err = s.driver.explain(s.channel, err)
	if why := (*callError)(nil); !s.received && errors.As(err, &why) {
		why.markRefused()
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

// errSendClosed is Send's after CloseSend.
var errSendClosed = errors.New("no more messages are sent after CloseSend")
