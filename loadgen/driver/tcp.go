package driver

import (
	"context"
	"fmt"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// reference is the floor: the first message is the call, its answer is empty for
// yes.
type reference struct{ target Target }

func (d reference) Open(ctx context.Context, c proto.Call) (Stream, error) {
	nc, err := d.target.Connect(ctx)
	if err != nil {
		return nil, err
	}
	st := eventloop.NewConn(nc, framing.TCP{}, nil)
	return st, Handshake(ctx, nc, func() error {
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

func (d reference) Close() error { return nil }
