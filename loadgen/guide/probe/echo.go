package probe

import (
	"context"
	"errors"
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
	to, err := address(s.Plain, protocol)
	if err != nil {
		return nil, err
	}
	d, err := drivers.New(protocol, driver.Target{Address: to, Dial: t.dial})
	if err != nil {
		return nil, err
	}
	st, err := d.Open(ctx, drivers.Reference(protocol, to, false, proto.Call{Pattern: proto.Echo}))
	if err != nil {
		_ = d.Close()
		return nil, fmt.Errorf("opening a stream: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = st.Close() })
	return &echo{st, t, func() {
		stop()
		_, _ = st.Close(), d.Close()
	}}, nil
}

// exchange sends and receives at the same time, since Send may block until replies are read. If
// one of the two fails, it closes the stream, which unblocks the other.
func (e *echo) exchange(send, receive func() error) error {
	received := make(chan error, 1)
	closing := func(do func() error) error {
		err := do()
		if err != nil {
			_ = e.Close()
		}
		return err
	}
	go func() { received <- closing(receive) }()
	return errors.Join(closing(send), <-received)
}
