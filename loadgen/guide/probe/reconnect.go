package probe

import (
	"context"
	"time"

	"rtbench/loadgen/driver"
)

// reconnectWait is how long a client gets to reconnect after a cut.
const reconnectWait = 2 * time.Second

// throughCutter tests whether a client that connects through a Cutter reconnects on its own, and
// which messages it misses. Package browser does the same for browsers.
func throughCutter(protocol string, test func(context.Context, *Cutter, *Notes) error) do {
	return func(ctx context.Context, s Servers, n *Notes) error {
		c, err := NewCutter(s.Plain.Addresses[protocol])
		if err != nil {
			return err
		}
		defer c.Close()
		return test(ctx, c, n)
	}
}

// target returns the proxy as a server.
func (c *Cutter) target() driver.Target {
	return driver.Target{Address: c.Address(), Dial: new(tap).dial}
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
	client, err := dialWebSocket(ctx, c.target(), "/ws/cut")
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
	made, err := countReconnects(ctx, c, n, before)
	if err != nil {
		return err
	}
	n.Answer("websocket/library", made > 0,
		"After the cut, gobwas/ws returned %q to the application and made %d new connections in the following %v.", rootCause(broke).Error(), made, reconnectWait)
	return nil
}
