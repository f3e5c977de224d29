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

// An httpConn is a connection for handwritten HTTP/1 requests.
type httpConn struct {
	conn   net.Conn
	reader *bufio.Reader
	host   string
	tls    *tls.ConnectionState // nil in cleartext
	close  func()
}

// dialRaw connects to the server's port for a protocol, with TLS if cfg is not nil. The
// connection breaks when ctx ends; the caller must call close.
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

// byHand tests over a connection of its own: in cleartext, or with TLS that offers a protocol by ALPN.
func byHand(protocol, alpn string, test func(*httpConn, *Notes) error) do {
	return func(ctx context.Context, s Servers, n *Notes) error {
		info, cfg := s.Plain, (*tls.Config)(nil)
		if alpn != "" {
			info, cfg = s.TLS, tlsOffering(s, alpn)
		}
		c, err := dialRaw(ctx, info, protocol, cfg)
		if err != nil {
			return err
		}
		defer c.close()
		return test(c, n)
	}
}

// tlsOffering returns a client configuration that offers the protocols by ALPN (RFC 7301).
func tlsOffering(s Servers, next ...string) *tls.Config {
	cfg := s.ClientTLS()
	cfg.ServerName, cfg.NextProtos = "127.0.0.1", next
	return cfg
}

// describeTLS returns the TLS version and ALPN protocol for use in a sentence.
func (c *httpConn) describeTLS() string {
	if c.tls == nil {
		return "in cleartext"
	}
	next := "no ALPN protocol"
	if p := c.tls.NegotiatedProtocol; p != "" {
		next = "ALPN " + p
	}
	return fmt.Sprintf("over %s, %s", tls.VersionName(c.tls.Version), next)
}

// request sends a request without a body, given its first line and headers, and reads the
// response header.
func (c *httpConn) request(n *Notes, line string, headers ...string) (*http.Response, error) {
	lines := append([]string{line, "Host: " + c.host}, headers...)
	if err := c.write(n, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		return nil, err
	}
	return c.readHead(n)
}

// write writes and logs a request header, with or without a body.
func (c *httpConn) write(n *Notes, head string) error {
	for line := range strings.Lines(head) {
		n.Logf("  > %s", strings.Trim(fmt.Sprintf("%q", strings.TrimRight(line, "\r\n")), `"`))
	}
	_, err := io.WriteString(c.conn, head)
	return err
}

// maxHeadLines bounds the number of lines in a response header.
const maxHeadLines = 100

// readHead reads a response header line by line and logs it.
func (c *httpConn) readHead(n *Notes) (*http.Response, error) {
	var head strings.Builder
	for range maxHeadLines {
		line, err := c.reader.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("reading the response header: %w", err)
		}
		n.Logf("  < %s", strings.TrimSpace(line))
		head.WriteString(line)
		if strings.TrimSpace(line) == "" {
			break
		}
	}
	return http.ReadResponse(bufio.NewReader(io.MultiReader(strings.NewReader(head.String()), c.reader)), nil)
}

// sleep waits for d, or returns the error of ctx when that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// rootCause returns the system's error without the addresses that package net adds.
func rootCause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
