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

// A wsConn is a WebSocket to the guide's server, through gobwas/ws.
type wsConn struct {
	conn   net.Conn
	reader *bufio.Reader
	close  func()
}

// dialWebSocket connects to an address; dial may be nil. The connection breaks when ctx ends; the caller must
// call close.
func dialWebSocket(ctx context.Context, to, path string, dial func(context.Context, string, string) (net.Conn, error)) (*wsConn, error) {
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

// discard receives count messages and drops them.
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
