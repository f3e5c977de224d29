package grpc

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// A leanStream is one call for all messages, over rtbench's own HTTP/2.
type leanStream struct {
	*http2.Stream
	endpoint *driver.Endpoint
	messages *framing.GRPCCall
	encoded  []byte // the message being sent, if it is compressed
	replied  bool   // the only reply was returned by Recv
}

// openLean starts the call over h. It waits for the response header if the endpoint says so.
func (c *call) openLean(ctx context.Context, h *http2.Conn) (*leanStream, error) {
	r := newResponse(c)
	s := &leanStream{Stream: h.NewStream(&r.messages, r), endpoint: c.endpoint, messages: &r.messages}
	if err := s.start(ctx, c); err != nil {
		_ = s.Close()
		return nil, leanError(err)
	}
	return s, nil
}

func (s *leanStream) start(ctx context.Context, c *call) error {
	e := s.endpoint
	var request []byte
	if !e.ClientStreams {
		request = s.messages.Append(nil, e.Request)
	}
	if e.Deadline > 0 {
		s.SetDeadline(time.Now().Add(e.Deadline))
	}
	if !e.AwaitHeader {
		return s.Start(ctx, c.leanHeader(), request, !e.ClientStreams)
	}
	header, err := s.Open(ctx, c.leanHeader(), request, !e.ClientStreams)
	if err == nil && header.Get("grpc-status") != "" {
		_, err = s.Recv() // the call ended without a header: its status has the reason
	}
	return err
}

// Send implements proto.Conn.
func (s *leanStream) Send(p []byte) (err error) {
	switch {
	case !s.endpoint.ClientStreams:
		return errOneRequest
	case s.messages.Compress: // not while the connection is locked
		s.encoded = s.messages.Append(s.encoded[:0], p)
		err = s.SendEncoded(s.encoded)
	default:
		err = s.Stream.Send(p)
	}
	switch {
	case err == nil, errors.Is(err, eventloop.ErrSendAfterEnd):
		return err
	case errors.Is(err, io.EOF):
		return driver.ErrEnded
	}
	return leanError(err)
}

// Header is a driver.Stream's. A call that ends without a header has none.
func (s *leanStream) Header(name string) (value string, ok bool, err error) {
	h, err := s.Response()
	if errors.Is(err, io.EOF) {
		return "", false, nil
	}
	if err != nil {
		return "", false, leanError(err)
	}
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return f.Value, true, nil
		}
	}
	return "", false, nil
}

// Recv implements proto.Conn. The only reply of a client-streaming call is the last, and counts only with
// status OK.
func (s *leanStream) Recv() ([]byte, error) {
	if s.endpoint.ServerStreams {
		return s.Stream.Recv()
	}
	if s.replied {
		return nil, io.EOF
	}
	p, err := onlyReply(s.Stream, nil)
	s.replied = err == nil
	return p, err
}

// onlyReply receives the reply of a call without streamed replies, and its status. It appends to dst.
func onlyReply(st *http2.Stream, dst []byte) ([]byte, error) {
	p, err := st.Recv()
	if errors.Is(err, io.EOF) {
		return nil, errNoReply
	}
	if err != nil {
		return nil, err
	}
	dst = append(dst, p...)
	switch _, err = st.Recv(); {
	case err == nil:
		_ = st.Close()
		return nil, errSecondReply
	case errors.Is(err, io.EOF):
		return dst, nil
	}
	return nil, err
}

// Drive implements driver.DrivenConn.
func (s *leanStream) Drive(l *eventloop.Loop, h proto.Handler) error {
	if !s.endpoint.ServerStreams {
		h = &replyHandler{Handler: h}
	}
	return s.Stream.Drive(l, h)
}

// A replyHandler is Recv of a call without streamed replies, for an event loop.
type replyHandler struct {
	proto.Handler
	reply   []byte
	at      int64
	replies int
}

// Message implements proto.Handler.
func (r *replyHandler) Message(p []byte, at int64) {
	if r.replies++; r.replies == 1 {
		r.reply, r.at = bytes.Clone(p), at
	}
}

// Ended implements proto.Handler.
func (r *replyHandler) Ended(err error) {
	switch {
	case !errors.Is(err, io.EOF):
	case r.replies == 0:
		err = errNoReply
	case r.replies > 1:
		err = errSecondReply
	default:
		r.Handler.Message(r.reply, r.at)
	}
	r.Handler.Ended(err)
}
