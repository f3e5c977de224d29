package loadgen

import (
	"context"

	"rtbench/proto"
)

// StartServer runs command, which serves and prints a proto.Info, and returns the Info once
// the server is ready. stop ends the server; it also ends if this process dies.
func StartServer(ctx context.Context, command []string) (info proto.Info, stop func(), err error) {
	t := &serverHandle{client: statsClient()}
	if err := t.start(ctx, command); err != nil {
		return proto.Info{}, nil, err
	}
	return t.info, t.stop, nil
}
