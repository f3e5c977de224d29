package probe

import (
	"context"
	"fmt"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
	"rtbench/proto"
)

// An echo is a stream to the reference server's echo, over tapped connections.
type echo struct {
	driver.Conn
	tap   *tap
	close func()
}

// openEcho opens a stream in cleartext. The stream breaks when ctx ends; the caller must call
// close.
func openEcho(ctx context.Context, s Servers, protocol string, t *tap) (*echo, error) {
	to := s.target(protocol, false, t)
	d, err := drivers.New(protocol, to)
	if err != nil {
		return nil, err
	}
	st, err := d.Open(ctx, drivers.Reference(protocol, to.Address, false, proto.Call{Pattern: proto.Echo}))
	if err != nil {
		_ = d.Close()
		return nil, fmt.Errorf("opening a stream: %w", err)
	}
	closeStream := closing(ctx, st)
	return &echo{st, t, func() {
		closeStream()
		_ = d.Close()
	}}, nil
}
