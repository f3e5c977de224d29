package probe

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"rtbench/proto"
)

// A raw is a connection on which a probe writes HTTP/1 by hand.
type raw struct {
	nc   net.Conn
	in   *bufio.Reader
	host string
	tls  *tls.ConnectionState // nil in cleartext
	end  func()
}

// dialRaw connects to where a server listens for a protocol, with TLS where cfg is not
// nil. It breaks when ctx ends; end must be called.
func dialRaw(ctx context.Context, i proto.Info, protocol string, cfg *tls.Config) (*raw, error) {
	to, err := address(i, protocol)
	if err != nil {
		return nil, err
	}
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", to)
	if err != nil {
		return nil, err
	}
	c := &raw{nc: nc, host: to}
	if cfg != nil {
		secured := tls.Client(nc, cfg)
		if err := secured.HandshakeContext(ctx); err != nil {
			_ = nc.Close()
			return nil, fmt.Errorf("TLS handshake: %w", err)
		}
		state := secured.ConnectionState()
		c.nc, c.tls = secured, &state
	}
	c.in = bufio.NewReader(c.nc)
	stop := context.AfterFunc(ctx, func() { _ = nc.Close() })
	c.end = func() {
		stop()
		_ = c.nc.Close()
	}
	return c, nil
}

// offering is the client's TLS for a server's address, with the protocols that it offers
// (ALPN, RFC 7301).
func offering(s Servers, next ...string) *tls.Config {
	cfg := s.ClientTLS()
	cfg.ServerName, cfg.NextProtos = "127.0.0.1", next
	return cfg
}

// security says in words what protects the connection.
func (c *raw) security() string {
	if c.tls == nil {
		return "in cleartext"
	}
	next := "nothing agreed by ALPN"
	if p := c.tls.NegotiatedProtocol; p != "" {
		next = "ALPN " + p
	}
	return fmt.Sprintf("in %s, %s", tls.VersionName(c.tls.Version), next)
}

// ask writes a request without a body, its first line and headers as given, and reads
// the head of the answer.
func (c *raw) ask(n *Notes, line string, headers ...string) (*http.Response, error) {
	lines := append([]string{line, "Host: " + c.host}, headers...)
	if err := c.write(n, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		return nil, err
	}
	return c.head(n)
}

// write writes a head, and perhaps what follows it.
func (c *raw) write(n *Notes, head string) error {
	for line := range strings.Lines(head) {
		n.Logf("  > %s", strings.Trim(fmt.Sprintf("%q", strings.TrimRight(line, "\r\n")), `"`))
	}
	_, err := io.WriteString(c.nc, head)
	return err
}

// longestHead bounds how many lines the head of an answer may have.
const longestHead = 100

// head reads the head of an answer line by line, for the account.
func (c *raw) head(n *Notes) (*http.Response, error) {
	var head strings.Builder
	for range longestHead {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("reading the head of the answer: %w", err)
		}
		n.Logf("  < %s", strings.TrimSpace(line))
		head.WriteString(line)
		if strings.TrimSpace(line) == "" {
			break
		}
	}
	return http.ReadResponse(bufio.NewReader(io.MultiReader(strings.NewReader(head.String()), c.in)), nil)
}

// openStream asks for the guide's /stream and reads the head of the answer.
func (c *raw) openStream(n *Notes, version string) (*eventReader, error) {
	resp, err := c.ask(n, "GET /stream "+version, "Accept: text/event-stream")
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		return nil, fmt.Errorf("the answer is %s of %q, not an event stream", resp.Status, resp.Header.Get("Content-Type"))
	}
	return newEventReader(resp.Body), nil
}

// pause waits, or returns early the error of ctx.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A socket is a client of one of the guide's WebSocket servers, by gobwas/ws.
type socket struct {
	nc  net.Conn
	in  *bufio.Reader
	end func()
}

// dialSocket connects to the server's own port; dial may be nil.
func dialSocket(ctx context.Context, s Servers, path string, dial func(context.Context, string, string) (net.Conn, error)) (*socket, error) {
	to, err := address(s.Plain, "websocket")
	if err != nil {
		return nil, err
	}
	return dialSocketAt(ctx, to, path, dial)
}

// dialSocketAt makes the handshake. The socket breaks when ctx ends; end must be called.
func dialSocketAt(ctx context.Context, to, path string, dial func(context.Context, string, string) (net.Conn, error)) (*socket, error) {
	nc, br, _, err := ws.Dialer{NetDial: dial}.Dial(ctx, "ws://"+to+path)
	if err != nil {
		return nil, fmt.Errorf("WebSocket handshake: %w", err)
	}
	if br == nil {
		br = bufio.NewReader(nc)
	}
	stop := context.AfterFunc(ctx, func() { _ = nc.Close() })
	return &socket{nc, br, func() {
		stop()
		_ = nc.Close()
	}}, nil
}

func (c *socket) say(text string) error { return wsutil.WriteClientText(c.nc, []byte(text)) }

// hear waits for so many messages.
func (c *socket) hear(count int) error {
	for range count {
		if _, err := c.next(); err != nil {
			return err
		}
	}
	return nil
}

func (c *socket) next() (string, error) {
	p, err := wsutil.ReadServerText(struct {
		io.Reader
		io.Writer
	}{c.in, c.nc})
	return string(p), err
}

// cause is what the system said, without the addresses that Go puts before it.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
