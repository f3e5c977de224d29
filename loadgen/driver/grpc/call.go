package grpc

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/framing"
)

// A call is how a stream calls its method, over either HTTP/2 client.
type call struct {
	target    driver.Target
	endpoint  *driver.Endpoint
	path      string
	metadata  metadata.MD // never changed
	authority string
	agent     string // user agent; grpc-go appends its name
	limit     int    // of a received message, in bytes

	// Not for a leanStream.
	ctx context.Context
	end func() // cancels ctx and releases the connection

	// Over grpc-go.
	desc    grpc.StreamDesc
	options []grpc.CallOption
	channel *channel
}

// newCall returns the call of a stream to e, with a fresh bearer token. Open sets ctx, end and channel.
func newCall(ctx context.Context, t driver.Target, e *driver.Endpoint) (*call, error) {
	c := &call{
		target: t, endpoint: e, path: e.URL.Path, authority: t.Address, limit: e.Limit,
		desc: grpc.StreamDesc{ClientStreams: e.ClientStreams, ServerStreams: e.ServerStreams},
	}
	service, name, _ := strings.Cut(strings.TrimPrefix(c.path, "/"), "/")
	if service == "" || name == "" || strings.Contains(name, "/") {
		return nil, fmt.Errorf("%q is not a gRPC method; expected /pkg.Service/Method", c.path)
	}
	if c.limit <= 0 {
		c.limit = proto.MaxSize
	}
	if err := c.setMetadata(ctx); err != nil {
		return nil, err
	}
	c.options = []grpc.CallOption{grpc.ForceCodecV2(framing.BenchCodec{}), grpc.MaxCallRecvMsgSize(c.limit)}
	switch e.Compression {
	case "":
	case gzip.Name:
		c.options = append(c.options, grpc.UseCompressor(gzip.Name))
	default:
		return nil, fmt.Errorf("unknown gRPC compression %q; expected none or gzip", e.Compression)
	}
	return c, nil
}

// Close implements driver.Conn.
func (c *call) Close() error {
	c.end()
	return nil
}

// perMessage reports whether each message has a call of its own.
func (c *call) perMessage() bool { return !c.endpoint.ServerStreams && !c.endpoint.OneCall }

// message returns an empty message in the endpoint's encoding.
func (c *call) message() framing.BenchMessage { return framing.BenchMessage{Raw: !c.endpoint.Wrapped} }
