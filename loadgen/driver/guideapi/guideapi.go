// Package guideapi carries measured messages inside the messages of the guide's API, so that any
// server that implements it can be measured.
package guideapi

import (
	"context"
	"fmt"

	"rtbench/loadgen/driver"
	"rtbench/proto"
)

// An API describes a server of the guide's API.
type API struct {
	Address string
	Secure  bool   // with TLS
	Path    string // of event streams, by default /stream
	Token   string // for calls that require one
	// Unmatched, if not nil, is called for each message that carries no measured message, on the
	// goroutine that receives. b is valid during the call.
	Unmatched func(b []byte)
}

// session is one stream's use of the API.
type session struct {
	endpoint *driver.Endpoint
	join     func(*driver.Stream) error          // exchanges the first messages; nil for none
	encode   func(dst, p []byte) ([]byte, error) // as in driver.Transcode
	decode   func(b []byte) (message []byte, err error)
}

// sessions lists the protocols and patterns of the API, like proto.Protocol.Guide.
var sessions = []struct {
	protocol string
	pattern  proto.Pattern
	new      func(*API, proto.Call) (session, error)
}{
	{"websocket", proto.Echo, newEcho},
	{"websocket", proto.Fanout, newChat},
	{"sse", proto.Push, newEvents},
	{"sse-h2", proto.Push, newEvents},
	{"grpc", proto.Echo, newProcess},
	{"grpc", proto.Upload, newUpload},
}

// Open opens a stream of d, a driver for the protocol, for a call. Except for uploads, the call must
// use the text form of messages.
func (a *API) Open(ctx context.Context, d driver.Driver, protocol string, c proto.Call) (*driver.Stream, error) {
	for _, row := range sessions {
		if row.protocol != protocol || row.pattern != c.Pattern {
			continue
		}
		s, err := row.new(a, c)
		if err != nil {
			return nil, err
		}
		return s.open(ctx, d)
	}
	return nil, fmt.Errorf("the guide's API has no %s over %s", c.Pattern, protocol)
}

func (s *session) open(ctx context.Context, d driver.Driver) (*driver.Stream, error) {
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
	return driver.Transcode(st, s.encode, s.decode), nil
}

// endpoint returns the endpoint of a call at a path.
func (a *API) endpoint(scheme, path string, c proto.Call) *driver.Endpoint {
	return &driver.Endpoint{URL: driver.NewURL(scheme, a.Secure, a.Address, path, ""), Call: c}
}

// reportUnmatched calls Unmatched if it is set.
func (a *API) reportUnmatched(b []byte) {
	if a.Unmatched != nil {
		a.Unmatched(b)
	}
}
