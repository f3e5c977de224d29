package grpc

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"

	"rtbench/loadgen/driver"
	"rtbench/proto"
)

// custom calls any gRPC method with messages that are already encoded as protobuf. It has one
// connection. For server and bidirectional streaming a stream is one call; for the other methods it
// makes a call for each message.
type custom struct {
	channels
	endpoint *driver.Endpoint
	path     string
	desc     grpc.StreamDesc
	header   metadata.MD // of each call; never changed
	err      error       // in the endpoint; returned by Open
	once     sync.Once   // configures
}

// NewCustom returns a driver for custom targets. The first Endpoint configures its connection.
func NewCustom(t driver.Target) driver.Driver {
	return &custom{channels: channels{target: t, limitTap: new(limitTap)}}
}

func (d *custom) configure(e *driver.Endpoint) error {
	d.endpoint = e
	d.path, d.callPerMessage = d.endpoint.URL.Path, !d.endpoint.ServerStreams
	d.desc = grpc.StreamDesc{ClientStreams: d.endpoint.ClientStreams, ServerStreams: d.endpoint.ServerStreams}
	service, name, _ := strings.Cut(strings.TrimPrefix(d.path, "/"), "/")
	if service == "" || name == "" || strings.Contains(name, "/") {
		return fmt.Errorf("%q is not a gRPC method; expected /pkg.Service/Method", d.path)
	}
	d.authority = d.target.Address
	header := d.endpoint.Header.Clone()
	if host := header.Get("Host"); host != "" {
		d.authority = host
		header.Del("Host")
	}
	var err error
	if d.header, err = toMetadata(header); err != nil {
		return err
	}
	// grpc-go drops it from metadata and has an option for it.
	d.agent = strings.Join(d.header.Get("user-agent"), " ")
	d.header.Delete("user-agent")
	d.options = []grpc.CallOption{grpc.ForceCodecV2(rawCodec{}), grpc.MaxCallRecvMsgSize(d.limit())}
	switch d.endpoint.Compression {
	case "":
	case gzip.Name:
		d.options = append(d.options, grpc.UseCompressor(gzip.Name))
	default:
		return fmt.Errorf("unknown gRPC compression %q; expected none or gzip", d.endpoint.Compression)
	}
	return nil
}

// Channel returns a channel to a custom target, and the metadata of its calls, for server reflection. It
// does not connect yet. The caller must close it.
func Channel(ctx context.Context, t driver.Target, e *driver.Endpoint) (*grpc.ClientConn, metadata.MD, error) {
	d := NewCustom(t).(*custom)
	if err := d.configure(e); err != nil {
		return nil, nil, err
	}
	md, err := d.metadata(ctx)
	if err != nil {
		return nil, nil, err
	}
	d.options = nil // without rawCodec
	c, err := d.create()
	if err != nil {
		return nil, nil, err
	}
	return c.ClientConn, md, nil
}

func (d *custom) limit() int {
	if d.endpoint.Limit > 0 {
		return d.endpoint.Limit
	}
	return proto.MaxSize
}

// Open implements driver.Driver. It waits for the connection, but not for a response header: many
// servers send it only with the first message.
func (d *custom) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	d.once.Do(func() { d.err = d.configure(e) })
	if d.err != nil {
		return nil, d.err
	}
	md, err := d.metadata(ctx)
	if err != nil {
		return nil, err
	}
	c, err := d.connect(ctx, d)
	if err != nil {
		return nil, err
	}
	base, cancel := context.WithCancel(metadata.NewOutgoingContext(context.Background(), md))
	if !d.endpoint.ServerStreams {
		return &driver.Stream{Conn: newUnaryStream(base, cancel, d, c, e), SendWaits: true, StreamLimit: d.StreamLimit()}, nil
	}
	if d.endpoint.Deadline > 0 {
		limited, stop := context.WithTimeout(base, d.endpoint.Deadline)
		cancelBase := cancel
		base, cancel = limited, func() { stop(); cancelBase() }
	}
	aborted := context.AfterFunc(ctx, cancel)
	s := &callStream{driver: d, channel: c, share: e.Call.Share, cancel: cancel, ctx: base}
	err = s.start()
	if !aborted() && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return &driver.Stream{Conn: s, Writable: s.Writable, StreamLimit: d.StreamLimit()}, nil
}
