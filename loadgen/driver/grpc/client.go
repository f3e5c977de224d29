// Package grpc makes gRPC calls, over grpc-go or over rtbench's own HTTP/2 client (lean).
package grpc

import (
	"context"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"rtbench/loadgen/driver"
)

// New returns a driver over grpc-go, for all kinds of targets. It has one connection, configured by the
// first Endpoint. A stream is one call, or makes a call for each message.
func New(t driver.Target) driver.Driver {
	return &client{channels{target: t, open: map[*channel]bool{}}}
}

type client struct{ channels }

// Open implements driver.Driver. It waits for the connection, but for a response header only if the
// endpoint says so: many servers send it only with the first message.
func (d *client) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	c, err := newCall(ctx, d.target, e)
	if err != nil {
		return nil, err
	}
	if err := d.connect(ctx, c); err != nil {
		return nil, err
	}
	limit := int(c.channel.streamLimit.Load())
	if limit == noStreams { // the call would wait forever
		d.release(c)
		return nil, driver.ErrNoStreams
	}
	outgoing := metadata.NewOutgoingContext(context.Background(), c.metadata)
	ctxOfCall, cancel := context.WithCancel(outgoing)
	if !c.perMessage() && e.Deadline > 0 {
		ctxOfCall, cancel = context.WithTimeout(outgoing, e.Deadline)
	}
	c.ctx, c.end = ctxOfCall, sync.OnceFunc(func() { cancel(); d.release(c) })
	if c.perMessage() {
		return &driver.Stream{Conn: newUnaryStream(c, newInvoker(c).exchange), SendWaits: true, StreamLimit: limit}, nil
	}
	s := &callStream{call: c}
	aborted := context.AfterFunc(ctx, cancel)
	err = s.start()
	if !aborted() && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return &driver.Stream{Conn: s, Writable: s, StreamLimit: limit, Header: s.Header}, nil
}

// Channel returns a channel to a target, and the metadata of the endpoint's calls, for server
// reflection. It does not connect yet. The caller must close it.
func Channel(ctx context.Context, t driver.Target, e *driver.Endpoint) (*grpc.ClientConn, metadata.MD, error) {
	c, err := newCall(ctx, t, e)
	if err != nil {
		return nil, nil, err
	}
	ch, err := newChannel(c)
	if err != nil {
		return nil, nil, err
	}
	return ch.ClientConn, c.metadata, nil
}
