// Package tcp exchanges messages over a plain TCP connection per stream, the floor that other
// protocols are compared with.
package tcp

import (
	"context"
	"fmt"

	"rtbench/loadgen/driver"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// reference sends the call as the first message. An empty reply accepts it.
type reference struct{ target driver.Target }

// New returns a driver for reference servers.
func New(t driver.Target) driver.Driver { return reference{t} }

func (d reference) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	nc, err := d.target.Connect(ctx)
	if err != nil {
		return nil, err
	}
	st := eventloop.NewConn(nc, framing.TCP{}, nil)
	return driver.Driven(st), driver.Handshake(ctx, nc, func() error {
		if err := st.Send([]byte(e.Call.Encode())); err != nil {
			return err
		}
		reply, err := st.Recv()
		if err == nil && len(reply) > 0 {
			err = fmt.Errorf("%w: %s", driver.ErrRefused, reply)
		}
		return err
	})
}

func (d reference) Close() error { return nil }

// custom sends only messages of the scenario: there is no handshake.
type custom struct{ target driver.Target }

// NewCustom returns a driver for custom targets.
func NewCustom(t driver.Target) driver.Driver { return custom{t} }

func (d custom) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	nc, err := d.target.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if e.Lengths {
		return driver.Driven(eventloop.NewConn(nc, framing.TCP{Limit: e.Limit}, nil)), nil
	}
	return driver.Driven(eventloop.NewConn(nc, &framing.Lines{Limit: e.Limit}, nil)), nil
}

func (d custom) Close() error { return nil }
