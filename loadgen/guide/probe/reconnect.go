package probe

import (
	"context"
	"time"

	"rtbench/loadgen/driver"
)

// reconnectWait is how long a client gets to reconnect after a cut.
const reconnectWait = 2 * time.Second

// throughProxy tests whether a client that connects through a Proxy reconnects on its own, and
// which messages it misses. Package browser does the same for browsers.
func throughProxy(protocol string, test func(context.Context, *Proxy, *Notes) error) do {
	return func(ctx context.Context, s Servers, n *Notes) error {
		c, err := NewProxy(s.Plain.Addresses[protocol], 0)
		if err != nil {
			return err
		}
		defer c.Close()
		return test(ctx, c, n)
	}
}

// target returns the proxy as a server.
func (c *Proxy) target(t *tap) driver.Target {
	return driver.Target{Address: c.Address(), Dial: t.dial}
}

// cutNow cuts all connections. It returns the time, and the number of connections accepted
// before it.
func cutNow(c *Proxy, n *Notes) (before int, at time.Time) {
	before, at = c.Accepted(), time.Now()
	n.Logf("  cut %d connection(s) of %d accepted so far", c.Cut(), before)
	return before, at
}

// countReconnects waits for the client to reconnect and returns the number of connections
// accepted since before.
func countReconnects(ctx context.Context, c *Proxy, n *Notes, before int) (int, error) {
	if err := sleep(ctx, reconnectWait); err != nil {
		return 0, err
	}
	made := c.Accepted() - before
	n.Logf("  waited %v; connections made since the cut: %d", reconnectWait, made)
	return made, nil
}

// noteReconnects answers whether a client that has received the error broke reconnects.
func noteReconnects(ctx context.Context, c *Proxy, n *Notes, before int, fact, client string, broke error) error {
	n.Logf("  receiving: %v", broke)
	made, err := countReconnects(ctx, c, n, before)
	if err == nil {
		n.Answer(fact, made > 0, "After the cut, %s returned %q to the application and made %d new connections in the following %v.",
			client, rootCause(broke).Error(), made, reconnectWait)
	}
	return err
}

func cutWebSocket(ctx context.Context, c *Proxy, n *Notes) error {
	client, err := dialWebSocket(ctx, c.target(new(tap)), "/ws/cut")
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
	return noteReconnects(ctx, c, n, before, "websocket/library", "gobwas/ws", broke)
}
