package drivers

import (
	"context"

	"rtbench/loadgen/driver"
	"rtbench/proto/codec"
)

// native adds the native encoding for calls that request it.
type native struct {
	driver.Driver
	protocol string
}

func (d native) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	st, err := d.Driver.Open(ctx, e)
	if err != nil || !e.Call.Native {
		return st, err
	}
	decode := codec.For(d.protocol).Decode
	if e.Call.Pattern.Traffic().Summary {
		decode = func(b []byte) ([]byte, error) { return b, nil }
	}
	return driver.Transcode(st, codec.For(d.protocol).Append, decode), nil
}
