package probe

import (
	"context"
	"fmt"
	"io"
	"net"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"rtbench/loadgen/driver"
)

// A wsConn is a WebSocket to the guide's server, through gobwas/ws.
type wsConn struct {
	net.Conn
	reader io.Reader
	close  func()
}

// dialWebSocket opens a WebSocket. The connection breaks when ctx ends; the caller must call close.
func dialWebSocket(ctx context.Context, to driver.Target, path string) (*wsConn, error) {
	nc, br, _, err := ws.Dialer{NetDial: to.Dial}.Dial(ctx, "ws://"+to.Address+path)
	if err != nil {
		return nil, fmt.Errorf("WebSocket handshake: %w", err)
	}
	c := &wsConn{nc, nc, closing(ctx, nc)}
	if br != nil {
		c.reader = br
	}
	return c, nil
}

// Read implements io.Reader. The handshake may have buffered the first bytes.
func (c *wsConn) Read(p []byte) (int, error) { return c.reader.Read(p) }

func (c *wsConn) send(text string) error { return wsutil.WriteClientText(c, []byte(text)) }

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
	p, err := wsutil.ReadServerText(c)
	return string(p), err
}
