package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"rtbench/proto"
	"rtbench/proto/usage"
)

// answerTimeout is how long a custom server may take until it accepts connections.
const answerTimeout = 30 * time.Second

// startCustom starts the server of a custom target with a shell command line and waits until it
// accepts connections at the cell's URL.
func (s *Server) startCustom(ctx context.Context, spec Spec) error {
	u, err := url.Parse(spec.Cell.Target)
	if err != nil {
		return fmt.Errorf("the target's URL: %w", err)
	}
	address := addressOf(u)
	if answers(ctx, address) {
		return fmt.Errorf("something already listens at %s; expected exec: %s to start there", address, spec.Shell)
	}
	c, err := launch(shellCommand(spec.Shell), spec.Shell)
	if err != nil {
		return err
	}
	c.custom, s.child = true, c
	if err := c.awaitAnswer(ctx, address); err != nil {
		c.stop()
		return fmt.Errorf("%s did not start: %w", c.name(), err)
	}
	return nil
}

// awaitAnswer returns when the child accepts connections at address.
func (c *child) awaitAnswer(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for !answers(ctx, address) {
		select {
		case <-poll.C:
		case <-c.exited:
			return fmt.Errorf("it exited before it listened at %s: %w%s", address, c.exitReason(), c.complaint())
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), context.Canceled) {
				return ctx.Err()
			}
			return fmt.Errorf("it did not listen at %s within %v%s", address, answerTimeout, c.complaint())
		}
	}
	return nil
}

// answers reports whether something accepts connections at address.
func answers(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err == nil {
		_ = nc.Close()
	}
	return err == nil
}

// processGroupStats reads the metrics of the processes of a group.
func processGroupStats(group int) *statsSource {
	return &statsSource{"its processes", func(context.Context) (proto.Stats, error) {
		u, err := usage.ReadGroup(group)
		return proto.Stats{Usage: u}, err
	}}
}
