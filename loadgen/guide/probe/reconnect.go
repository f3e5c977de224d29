package probe

import (
	"context"
	"time"
)

// reconnectWait is how long a client gets to reconnect after a cut.
const reconnectWait = 2 * time.Second

// probeReconnect tests which clients reconnect on their own, and which messages they miss.
// Package browser does the same for browsers.
func probeReconnect(ctx context.Context, s Servers, n *Notes) error {
	for _, p := range []struct {
		name, protocol string
		do             func(context.Context, *Cutter, *Notes) error
	}{
		{"cutting a WebSocket of gobwas/ws", "websocket", cutWebSocket},
		{"cutting a grpc-go channel under a stream", "grpc", cutChannel},
		{"cutting grpc-go's FetchData mid-stream", "grpc", cutFetchData},
		{"cutting an event stream of net/http", "sse", cutEvents},
		{"resuming an event stream", "sse", resumeEvents},
	} {
		err := step(ctx, n, p.name, func(ctx context.Context) error {
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

// cutNow cuts all connections. It returns the time, and the number of connections accepted
// before it.
func cutNow(c *Cutter, n *Notes) (before int, at time.Time) {
	before, at = c.Accepted(), time.Now()
	n.Logf("  cut %d connection(s) of %d accepted so far", c.Cut(), before)
	return before, at
}

// countReconnects waits for the client to reconnect and returns the number of connections
// accepted since before.
func countReconnects(ctx context.Context, c *Cutter, n *Notes, before int) (int, error) {
	if err := sleep(ctx, reconnectWait); err != nil {
		return 0, err
	}
	made := c.Accepted() - before
	n.Logf("  waited %v; connections made since the cut: %d", reconnectWait, made)
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
	n.Logf("  receive: %v", broke)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	made, err := countReconnects(ctx, c, n, before)
	if err != nil {
		return err
	}
	n.Answer("websocket/library", made > 0,
		"After the cut, gobwas/ws returned %q to the application and made %d new connections in the following %v.", rootCause(broke).Error(), made, reconnectWait)
	return nil
}
