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

	"rtbench/proto"
)

// A httpConn is a connection on which a probe writes HTTP/1 by hand.
type httpConn struct {
	conn   net.Conn
	reader *bufio.Reader
	host   string
	tls    *tls.ConnectionState // nil in cleartext
	close  func()
}

// dialRaw connects to where a server listens for a protocol, with TLS where cfg is not
// nil. It breaks when ctx ends; end must be called.
func dialRaw(ctx context.Context, i proto.Info, protocol string, cfg *tls.Config) (*httpConn, error) {
	to, err := address(i, protocol)
	if err != nil {
		return nil, err
	}
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", to)
	if err != nil {
		return nil, err
	}
	c := &httpConn{conn: nc, host: to}
	if cfg != nil {
		secured := tls.Client(nc, cfg)
		if err := secured.HandshakeContext(ctx); err != nil {
			_ = nc.Close()
			return nil, fmt.Errorf("TLS handshake: %w", err)
		}
		state := secured.ConnectionState()
		c.conn, c.tls = secured, &state
	}
	c.reader = bufio.NewReader(c.conn)
	stop := context.AfterFunc(ctx, func() { _ = nc.Close() })
	c.close = func() {
		stop()
		_ = c.conn.Close()
	}
	return c, nil
}

// tlsOffering is the client's TLS for a server's address, with the protocols that it offers
// (ALPN, RFC 7301).
func tlsOffering(s Servers, next ...string) *tls.Config {
	cfg := s.ClientTLS()
	cfg.ServerName, cfg.NextProtos = "127.0.0.1", next
	return cfg
}

// describeTLS says in words what protects the connection.
func (c *httpConn) describeTLS() string {
	if c.tls == nil {
		return "in cleartext"
	}
	next := "nothing agreed by ALPN"
	if p := c.tls.NegotiatedProtocol; p != "" {
		next = "ALPN " + p
	}
	return fmt.Sprintf("in %s, %s", tls.VersionName(c.tls.Version), next)
}

// request writes a request without a body, its first line and headers as given, and reads
// the head of the answer.
func (c *httpConn) request(n *Notes, line string, headers ...string) (*http.Response, error) {
	lines := append([]string{line, "Host: " + c.host}, headers...)
	if err := c.write(n, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		return nil, err
	}
	return c.readHead(n)
}

// write writes a head, and perhaps what follows it.
func (c *httpConn) write(n *Notes, head string) error {
	for line := range strings.Lines(head) {
		n.Logf("  > %s", strings.Trim(fmt.Sprintf("%q", strings.TrimRight(line, "\r\n")), `"`))
	}
	_, err := io.WriteString(c.conn, head)
	return err
}

// maxHeadLines bounds how many lines the head of an answer may have.
const maxHeadLines = 100

// readHead reads the head of an answer line by line, for the account.
func (c *httpConn) readHead(n *Notes) (*http.Response, error) {
	var head strings.Builder
	for range maxHeadLines {
		line, err := c.reader.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("reading the head of the answer: %w", err)
		}
		n.Logf("  < %s", strings.TrimSpace(line))
		head.WriteString(line)
		if strings.TrimSpace(line) == "" {
			break
		}
	}
	return http.ReadResponse(bufio.NewReader(io.MultiReader(strings.NewReader(head.String()), c.reader)), nil)
}

// openStream asks for the guide's /stream and reads the head of the answer.
func (c *httpConn) openStream(n *Notes, version string) (*eventReader, error) {
	resp, err := c.request(n, "GET /stream "+version, "Accept: text/event-stream")
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		return nil, fmt.Errorf("the answer is %s of %q, not an event stream", resp.Status, resp.Header.Get("Content-Type"))
	}
	return newEventReader(resp.Body), nil
}

// sleep waits, or returns early the error of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// rootCause is what the system said, without the addresses that Go puts before it.
func rootCause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
