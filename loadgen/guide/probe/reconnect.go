package probe

import (
	"context"
	"time"
)

// reconnectWait is how long a client is left alone after the cut.
const reconnectWait = 2 * time.Second

// probeReconnect looks at which client comes back by itself, and what it then lacks. Browsers
// are looked at elsewhere.
func probeReconnect(ctx context.Context, s Servers, n *Notes) error {
	for _, p := range []struct {
		what, protocol string
		do             func(context.Context, *Cutter, *Notes) error
	}{
		{"a WebSocket by gobwas/ws is cut", "websocket", cutWebSocket},
		{"a channel of grpc-go is cut below a stream", "grpc", cutChannel},
		{"FetchData of grpc-go is cut in the middle", "grpc", cutFetchData},
		{"an event stream by net/http is cut", "sse", cutEvents},
		{"an event stream is taken up again", "sse", resumeEvents},
	} {
		err := step(ctx, n, p.what, func(ctx context.Context) error {
			to, err := address(s.Plain, p.protocol)
			if err != nil {
				return err
			}
			c, err := NewCutter(to)
			if err != nil {
				return err
			}
			defer c.Close()
			return p.do(ctx, c, n)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// cutNow cuts, and returns how many connections had been made by then, and when.
func cutNow(c *Cutter, n *Notes) (before int, at time.Time) {
	before, at = c.Accepted(), time.Now()
	n.Logf("  cut %d connection(s), of %d made so far", c.Cut(), before)
	return before, at
}

// countReconnects leaves a client alone, and says how many connections it has made since there
// were so many.
func countReconnects(ctx context.Context, c *Cutter, n *Notes, before int) (int, error) {
	if err := sleep(ctx, reconnectWait); err != nil {
		return 0, err
	}
	made := c.Accepted() - before
	n.Logf("  left alone for %v; connections made since the cut: %d", reconnectWait, made)
	return made, nil
}

func cutWebSocket(ctx context.Context, c *Cutter, n *Notes) error {
	client, err := dialWebSocketAt(ctx, c.Address(), "/ws/cut", nil)
	if err != nil {
		return err
	}
	defer client.close()
	if err := client.send(`{"type":"ping"}`); err != nil {
		return err
	}
	pong, err := client.receive()
	if err != nil {
		return err
	}
	n.Logf("  sent a ping, received %q", pong)
	before, _ := cutNow(c, n)
	_, broke := client.receive()
	n.Logf("  receiving: %v", broke)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	made, err := countReconnects(ctx, c, n, before)
	if err != nil {
		return err
	}
	n.Answer("websocket/library", made > 0,
		"After the cut gobwas/ws returned %q to the application, and made %d new connections in the %v that followed.", rootCause(broke).Error(), made, reconnectWait)
	return nil
}
