package probe

import (
	"context"
	"fmt"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
	"rtbench/proto"
)

// An echo is a stream to the reference server's echo.
type echo struct {
	driver.Conn
	close func()
}

// openEcho opens a stream in cleartext. The stream breaks when ctx ends; the caller must call
// close.
func openEcho(ctx context.Context, protocol string, to driver.Target) (*echo, error) {
	d, err := drivers.New(protocol, proto.Stock, to)
	if err != nil {
		return nil, err
	}
	st, err := d.Open(ctx, drivers.Reference(protocol, proto.Stock, to.Address, false, proto.Call{Pattern: proto.Echo}))
	if err != nil {
		_ = d.Close()
		return nil, fmt.Errorf("opening a stream: %w", err)
	}
	closeStream := closing(ctx, st)
	return &echo{st, func() {
		closeStream()
		_ = d.Close()
	}}, nil
}
