// Package guideapi speaks the guide's API over the drivers: endpoints, first messages, and a codec of
// measured messages inside those of the API, so that any server that implements it can be measured.
package guideapi

import (
	"context"
	"fmt"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/codec"
)

// An API describes a server of the guide's API.
type API struct {
	Address string
	Secure  bool   // with TLS
	Path    string // of event streams, by default /stream
	Token   string // for calls that require one
	// Ahead is the server's wall clock minus clock.Now; 0 if it is this machine's.
	Ahead int64
	// ClockShift is added to the times in chat messages, for clients with other clocks.
	ClockShift int64
}

// A Session is one stream's use of the API. Its codec's messages carry those of a codec.Stamped.
type Session struct {
	endpoint *driver.Endpoint
	join     func(*driver.Stream) error // exchanges the first messages; nil for none
	// encode returns the message with header h, decode the header in b. An error of decode ends the
	// stream.
	encode func(h proto.Header) ([]byte, error)
	decode func(b []byte) (proto.Header, codec.Outcome, error)

	api     *API
	call    proto.Call
	stamped codec.Stamped
	stream  *driver.Stream
	record  []byte // the last unmatched message
	err     error  // of decode
}

var _ codec.Codec = (*Session)(nil)

// sessions lists the protocols and patterns of the API, like proto.Protocol.Guide.
var sessions = []struct {
	protocol string
	pattern  proto.Pattern
	define   func(*Session)
}{
	{"websocket", proto.Echo, defineEcho},
	{"websocket", proto.Fanout, defineChat},
	{"sse", proto.Push, defineEvents},
	{"sse-h2", proto.Push, defineEvents},
	{"grpc", proto.Echo, defineProcess},
	{"grpc", proto.Upload, defineUpload},
}

// Open opens a stream of d, a driver for the protocol, for a call. Except for uploads, its messages must
// have the text form.
func (a *API) Open(ctx context.Context, d driver.Driver, protocol string, c proto.Call) (*Session, *driver.Stream, error) {
	for _, row := range sessions {
		if row.protocol == protocol && row.pattern == c.Pattern {
			s := &Session{api: a, call: c}
			row.define(s)
			st, err := s.open(ctx, d)
			return s, st, err
		}
	}
	return nil, nil, fmt.Errorf("the guide's API has no %s over %s", c.Pattern, protocol)
}

func (s *Session) open(ctx context.Context, d driver.Driver) (*driver.Stream, error) {
	if s.err != nil {
		return nil, s.err
	}
	st, err := d.Open(ctx, s.endpoint)
	if err != nil {
		return nil, err
	}
	if s.join != nil {
		stop := context.AfterFunc(ctx, func() { _ = st.Close() })
		err = s.join(st)
		if !stop() && ctx.Err() != nil {
			err = ctx.Err()
		}
	}
	if err != nil {
		_ = st.Close()
		return nil, err
	}
	s.stream = st
	return st, nil
}

// setEndpoint sets the URL that the stream is opened to.
func (s *Session) setEndpoint(scheme, path string) {
	s.endpoint = &driver.Endpoint{URL: driver.NewURL(scheme, s.api.Secure, s.api.Address, path, ""), Share: s.call.Share}
}

// SetMessage sets the message that Encode stamps. It must be called before the first Encode and Decode.
func (s *Session) SetMessage(m *proto.Message) { s.stamped = codec.Stamped{Message: m} }

// Encode implements codec.Codec.
func (s *Session) Encode(h proto.Header) ([]byte, error) { return s.encode(h) }

// Decode implements codec.Codec. A message that reports an error closes the stream: see EndError.
func (s *Session) Decode(b []byte, _ int64) (h proto.Header, o codec.Outcome, _ bool) {
	if s.err != nil {
		return h, codec.None, false
	}
	if h, o, s.err = s.decode(b); s.err != nil {
		_ = s.stream.Close()
		return h, codec.None, false
	}
	return h, o, false
}

// Record returns the last unmatched message, valid until the next one.
func (s *Session) Record() []byte { return s.record }

// Next implements codec.Codec. A frame is one message.
func (s *Session) Next() (h proto.Header, o codec.Outcome, _ bool) { return h, codec.None, false }

// EndError returns the reason for a stream's end with err.
func (s *Session) EndError(err error) error {
	if s.err != nil {
		return s.err
	}
	return err
}

// unmatched returns the outcome of message b, which carries no measured message.
func (s *Session) unmatched(b []byte) (h proto.Header, o codec.Outcome, err error) {
	s.record = b
	return h, codec.Unmatched, nil
}
