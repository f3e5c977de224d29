package probe

import (
	"context"
	"fmt"
)

const unsolicitedMessages = 100

// probeUnsolicited connects a client to the guide's chat that sends nothing and receives the
// messages of another client.
func probeUnsolicited(ctx context.Context, s Servers, n *Notes) error {
	t := new(tap)
	listener, err := dialWebSocket(ctx, s.target("websocket", false, t), "/ws/listener")
	if err != nil {
		return err
	}
	defer listener.close()
	speaker, err := dialWebSocket(ctx, s.target("websocket", false, new(tap)), "/ws/speaker")
	if err != nil {
		return err
	}
	defer speaker.close()
	opened := t.total()
	heard := make(chan error, 1)
	go func() { heard <- listener.discard(unsolicitedMessages) }()
	said, err := chatUntil(speaker, heard)
	if err != nil {
		return err
	}
	wire := t.total().minus(opened)
	n.Logf("  %d messages sent, %d received; the listener's connection after its handshake: %d bytes up, %d down", said, unsolicitedMessages, wire.up, wire.down)
	n.Value("websocket/unasked-bytes-up", float64(wire.up), "bytes",
		"A WebSocket client of the guide's chat received %d messages (%d bytes) from another client and wrote %d bytes after its handshake.",
		unsolicitedMessages, wire.down, wire.up)
	return nil
}

// chatUntil sends messages one at a time until the listener is done.
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

// probeUpstreamBytes writes to the connection of an open event stream and checks that the
// server ignores it.
func probeUpstreamBytes(c *httpConn, n *Notes) error {
	const said, ticks = "hello?\r\n", 5
	resp, err := c.request(n, "GET /stream HTTP/1.1", "Accept: text/event-stream")
	if err != nil {
		return err
	}
	events, err := eventsOf(resp)
	if err != nil {
		return err
	}
	before, err := events.tick()
	if err != nil {
		return err
	}
	if _, err := c.Write([]byte(said)); err != nil {
		return err
	}
	n.Logf("  > %q, after event %d", said, before.Counter)
	after := before
	for range ticks {
		t, err := events.tick()
		if err != nil || t.Counter != after.Counter+1 {
			n.Logf("  event %d was followed by %+v, %v", after.Counter, t, err)
			break
		}
		after = t
	}
	went := after.Counter - before.Counter
	rest := ", without a response or a close"
	if went < ticks {
		rest = ", followed by other data or a close"
	}
	n.Answer("sse/up-ignored", went == ticks,
		"TCP accepted %d bytes written to the HTTP/1.1 connection of an open event stream; of the next %d events, %d arrived in order%s.",
		len(said), ticks, went, rest)
	return nil
}
