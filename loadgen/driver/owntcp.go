package driver

import (
	"context"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// ownTCP opens a connection for each stream. There is no handshake: what the scenario sends
// is all that is said.
type ownTCP struct{ target Target }

func newOwnTCP(t Target) Driver { return ownTCP{t} }

// Open implements Driver.
func (d ownTCP) Open(ctx context.Context, _ proto.Call) (Stream, error) {
	nc, err := d.target.Connect(ctx)
	if err != nil {
		return nil, err
	}
	e := d.target.Endpoint
	if e.Lengths {
		return eventloop.NewConn(nc, framing.TCP{Limit: e.Limit}, nil), nil
	}
	return eventloop.NewConn(nc, &framing.Lines{Limit: e.Limit}, nil), nil
}

func (d ownTCP) Close() error { return nil }
