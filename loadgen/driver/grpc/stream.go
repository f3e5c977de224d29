package grpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"

	"google.golang.org/grpc"

	"rtbench/loadgen/driver"
	"rtbench/proto/framing"
)

// A callStream is one call for all messages.
type callStream struct {
	*call
	st        grpc.ClientStream
	in, out   framing.BenchMessage
	unwritten unwritten
	received  atomic.Bool // at least one message; a failed Send reads it
}

// start starts the call. For server streaming it sends the request.
func (s *callStream) start() (err error) {
	s.in, s.out = s.message(), s.message()
	s.out.Pool = &s.unwritten
	if s.st, err = s.channel.NewStream(s.ctx, &s.desc, s.path, s.options...); err != nil {
		return s.explain(err)
	}
	if !s.desc.ClientStreams {
		s.out.Payload = s.endpoint.Request
		if err = s.st.SendMsg(&s.out); err == nil || errors.Is(err, io.EOF) { // io.EOF: Recv returns the reason
			err = s.st.CloseSend()
		}
		if err != nil {
			return s.explain(err)
		}
	}
	if !s.endpoint.AwaitHeader {
		return nil
	}
	header, err := s.st.Header()
	if err == nil && header == nil { // the call ended without a header: its status has the reason
		err = s.st.RecvMsg(&s.in)
	}
	return s.endError(err)
}

var errOneRequest = errors.New("a server-streaming call has one request, which is already sent")

// Send implements proto.Conn. The codec copies p.
func (s *callStream) Send(p []byte) error {
	if !s.desc.ClientStreams {
		return errOneRequest
	}
	s.out.Payload = p
	err := s.st.SendMsg(&s.out)
	if errors.Is(err, io.EOF) {
		return driver.ErrEnded
	}
	return s.endError(err)
}

// Writable is a driver.Stream's. After the end of the call it is true: Send fails at once.
func (s *callStream) Writable() bool { return s.unwritten.writable() || s.st.Context().Err() != nil }

// Header is a driver.Stream's. A call that ends without a header has none.
func (s *callStream) Header(name string) (value string, ok bool, err error) {
	md, err := s.st.Header()
	if err != nil {
		return "", false, s.endError(err)
	}
	if values := md.Get(name); len(values) > 0 {
		return values[0], true, nil
	}
	return "", false, nil
}

// Recv implements proto.Conn. The only reply of a client-streaming call is the last.
func (s *callStream) Recv() ([]byte, error) {
	if s.received.Load() && !s.desc.ServerStreams {
		return nil, io.EOF
	}
	if err := s.st.RecvMsg(&s.in); err != nil {
		return nil, s.endError(err)
	}
	if !s.received.Load() {
		s.received.Store(true)
	}
	return s.in.Payload, nil
}

// endError returns the reason for the end of the call, nil for nil.
func (s *callStream) endError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF):
		return io.EOF
	case errors.Is(s.ctx.Err(), context.Canceled):
		return errStreamClosed
	}
	if s.received.Load() {
		return s.explain(err)
	}
	return asRefused(s.explain(err))
}

func (s *callStream) CloseSend() error { return s.st.CloseSend() }

var errStreamClosed = fmt.Errorf("the stream is closed: %w", net.ErrClosed)

var errSendClosed = errors.New("send after CloseSend")
