package drivers

import (
	"context"
	"errors"

	"rtbench/loadgen/driver"
	"rtbench/proto"
)

// either returns New of a protocol with one driver for reference servers and one for custom targets.
func either(reference, custom func(driver.Target) driver.Driver) func(driver.Target) driver.Driver {
	return func(t driver.Target) driver.Driver { return eitherDriver{reference(t), custom(t)} }
}

// callOnly returns an endpoint for a driver that reads only the call.
func callOnly(_ string, _ bool, c proto.Call) *driver.Endpoint { return &driver.Endpoint{Call: c} }

type eitherDriver struct{ reference, custom driver.Driver }

func (d eitherDriver) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	if e.URL == nil {
		return d.reference.Open(ctx, e)
	}
	return d.custom.Open(ctx, e)
}

func (d eitherDriver) Close() error { return errors.Join(d.reference.Close(), d.custom.Close()) }
