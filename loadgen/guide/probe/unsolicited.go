package probe

import (
	"context"
	"fmt"
)

// The parts of direction that are done without a driver.

const unsolicitedMessages = 100

// probeUnsolicited has one client of the guide's chat listen, without a word of its own, to what
// another says.
func probeUnsolicited(ctx context.Context, s Servers, n *Notes) error {
	t := new(tap)
	listener, err := dialWebSocket(ctx, s, "/ws/listener", t.dial)
	if err != nil {
		return err
	}
	defer listener.close()
	speaker, err := dialWebSocket(ctx, s, "/ws/speaker", nil)
	if err != nil {
		return err
	}
	defer speaker.close()
	opened, _ := t.totals()
	heard := make(chan error, 1)
	go func() { heard <- listener.discard(unsolicitedMessages) }()
	said, err := chatUntil(speaker, heard)
	if err != nil {
		return err
	}
	now, _ := t.totals()
	wire := now.minus(opened)
	n.Logf("  %d messages said, %d heard; the listener's connection after its handshake: %d bytes up, %d down", said, unsolicitedMessages, wire.up, wire.down)
	n.Value("websocket/unasked-bytes-up", float64(wire.up), "bytes",
		"A WebSocket client of the guide's chat received %d messages that another client had sent, %d bytes, and wrote %d bytes after its handshake.",
		unsolicitedMessages, wire.down, wire.up)
	return nil
}

// chatUntil talks, each message when the one before has come back, until someone has heard
// enough.
func chatUntil(c *wsConn, heard <-chan error) (said int, err error) {
	for ; ; said++ {
		if err := c.send(fmt.Sprintf(`{"type":"chat","content":"message %d"}`, said)); err != nil {
			return said, err
		}
		if err := c.discard(1); err != nil {
			return said, err
		}
		select {
		case err := <-heard:
			return said + 1, err
		default:
		}
	}
}

// probeUpstreamBytes writes on the connection of an event stream and looks for anything that comes
// of it.
func probeUpstreamBytes(ctx context.Context, s Servers, n *Notes) error {
	const said, ticks = "hello?\r\n", 5
	c, err := dialRaw(ctx, s.Plain, "sse", nil)
	if err != nil {
		return err
	}
	defer c.close()
	events, err := c.openStream(n, "HTTP/1.1")
	if err != nil {
		return err
	}
	before, err := events.tick()
	if err != nil {
		return err
	}
	if _, err := c.conn.Write([]byte(said)); err != nil {
		return err
	}
	n.Logf("  > %q, after event %d", said, before.Counter)
	after := before
	for range ticks {
		t, err := events.tick()
		if err != nil || t.Counter != after.Counter+1 {
			n.Logf("  after event %d came %+v, %v", after.Counter, t, err)
			break
		}
		after = t
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	went := after.Counter - before.Counter
	rest := ", with no answer and no end"
	if went < ticks {
		rest = ", and then something else or the end"
	}
	n.Answer("sse/up-ignored", went == ticks,
		"%d bytes written on an open event stream's own HTTP/1.1 connection were accepted by TCP; of the next %d events %d came in their order%s.",
		len(said), ticks, went, rest)
	return nil
}
