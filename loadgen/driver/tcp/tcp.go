// Package tcp exchanges messages over a plain TCP connection per stream, the floor that other
// protocols are compared with.
package tcp

import (
	"context"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

type client struct{ target driver.Target }

// New returns a driver that uses rtbench's framing.
func New(t driver.Target) driver.Driver { return client{t} }

// Reference returns the endpoint of a call to a reference server, whose first message is the call.
func Reference(address string, secure bool, c proto.Call) *driver.Endpoint {
	return &driver.Endpoint{URL: driver.NewURL("tcp", secure, address, "", ""), Lengths: true, Hello: []byte(c.Encode())}
}

func (d client) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	nc, err := d.target.Connect(ctx)
	if err != nil {
		return nil, err
	}
	var messages framing.Framing = &framing.Lines{Limit: e.Limit}
	if e.Lengths {
		messages = framing.TCP{Limit: e.Limit}
	}
	st := eventloop.NewConn(nc, messages, nil)
	if e.Hello == nil {
		return driver.Driven(st), nil
	}
	return driver.Driven(st), driver.Handshake(ctx, nc, func() error { return driver.Greet(st, e.Hello) })
}

func (d client) Close() error { return nil }
