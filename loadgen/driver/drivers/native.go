package drivers

import (
	"context"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/codec"
)

// native is a driver whose streams have the native encoding where the call asks for
// it.
type native struct {
	driver.Driver
	protocol string
}

// StreamLimit implements StreamLimiter.
func (d native) StreamLimit() (most, reserved int) { return driver.StreamLimitOf(d.Driver) }

// Open implements Driver.
func (d native) Open(ctx context.Context, c proto.Call) (driver.Stream, error) {
	st, err := d.Driver.Open(ctx, c)
	if err != nil || !c.Native {
		return st, err
	}
	unwrap := codec.For(d.protocol).Decode
	if c.Pattern == proto.Upload { // the answer is a Summary
		unwrap = func(b []byte) ([]byte, error) { return b, nil }
	}
	return driver.Transcode(st, codec.For(d.protocol).Append, unwrap), nil
}
