package probe

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// A wsConn is a client of one of the guide's WebSocket servers, by gobwas/ws.
type wsConn struct {
	conn   net.Conn
	reader *bufio.Reader
	close  func()
}

// dialWebSocket connects to the server's own port; dial may be nil.
func dialWebSocket(ctx context.Context, s Servers, path string, dial func(context.Context, string, string) (net.Conn, error)) (*wsConn, error) {
	to, err := address(s.Plain, "websocket")
	if err != nil {
		return nil, err
	}
	return dialWebSocketAt(ctx, to, path, dial)
}

// dialWebSocketAt makes the handshake. The socket breaks when ctx ends; end must be called.
func dialWebSocketAt(ctx context.Context, to, path string, dial func(context.Context, string, string) (net.Conn, error)) (*wsConn, error) {
	nc, br, _, err := ws.Dialer{NetDial: dial}.Dial(ctx, "ws://"+to+path)
	if err != nil {
		return nil, fmt.Errorf("WebSocket handshake: %w", err)
	}
	if br == nil {
		br = bufio.NewReader(nc)
	}
	stop := context.AfterFunc(ctx, func() { _ = nc.Close() })
	return &wsConn{nc, br, func() {
		stop()
		_ = nc.Close()
	}}, nil
}

func (c *wsConn) send(text string) error { return wsutil.WriteClientText(c.conn, []byte(text)) }

// discard waits for so many messages.
func (c *wsConn) discard(count int) error {
	for range count {
		if _, err := c.receive(); err != nil {
			return err
		}
	}
	return nil
}

func (c *wsConn) receive() (string, error) {
	p, err := wsutil.ReadServerText(struct {
		io.Reader
		io.Writer
	}{c.reader, c.conn})
	return string(p), err
}
