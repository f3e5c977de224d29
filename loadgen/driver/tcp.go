package driver

import (
	"context"
	"fmt"

	"rtbench/proto"
	"rtbench/proto/wire"
)

// tcpDriver is the floor: the first message is the call, its answer is empty for
// yes.
type tcpDriver struct{ target Target }

func (d tcpDriver) Open(ctx context.Context, c proto.Call) (Stream, error) {
	nc, err := d.target.connect(ctx)
	if err != nil {
		return nil, err
	}
	st := wire.NewConn(nc, wire.TCP{}, nil)
	return st, within(ctx, nc, func() error {
		if err := st.Send([]byte(c.Encode())); err != nil {
			return err
		}
		answer, err := st.Recv()
		if err == nil && len(answer) > 0 {
			err = fmt.Errorf("%w: %s", ErrRefused, answer)
		}
		return err
	})
}

func (d tcpDriver) Close() error { return nil }
