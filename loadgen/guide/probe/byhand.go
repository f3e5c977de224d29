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

	"rtbench/loadgen/driver"
)

// An httpConn is a connection for handwritten HTTP/1 requests.
type httpConn struct {
	net.Conn
	reader *bufio.Reader
	host   string
	close  func()
}

// dialRaw connects to a server; with TLS, it offers the protocols by ALPN (RFC 7301). The
// connection breaks when ctx ends; the caller must call close.
func dialRaw(ctx context.Context, to driver.Target, alpn ...string) (*httpConn, error) {
	nc, err := to.Connect(ctx, alpn...)
	if err != nil {
		return nil, err
	}
	return &httpConn{nc, bufio.NewReader(nc), to.Address, closing(ctx, nc)}, nil
}

// closing returns a function that closes c. c is also closed when ctx ends.
func closing(ctx context.Context, c io.Closer) func() {
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	return func() {
		stop()
		_ = c.Close()
	}
}

// byHand tests over a connection of its own: in cleartext, or with TLS that offers protocols by ALPN.
func byHand(protocol string, test func(*httpConn, *Notes) error, alpn ...string) do {
	return func(ctx context.Context, s Servers, n *Notes) error {
		c, err := dialRaw(ctx, s.target(protocol, len(alpn) > 0, new(tap)), alpn...)
		if err != nil {
			return err
		}
		defer c.close()
		return test(c, n)
	}
}

// describeTLS returns the TLS version and ALPN protocol for use in a sentence.
func (c *httpConn) describeTLS() string {
	secured, ok := c.Conn.(*tls.Conn)
	if !ok {
		return "in cleartext"
	}
	state, next := secured.ConnectionState(), "no ALPN protocol"
	if p := state.NegotiatedProtocol; p != "" {
		next = "ALPN " + p
	}
	return fmt.Sprintf("over %s, %s", tls.VersionName(state.Version), next)
}

// request sends a request without a body, given its first line and headers, and reads the
// response header.
func (c *httpConn) request(n *Notes, line string, headers ...string) (*http.Response, error) {
	lines := append([]string{line, "Host: " + c.host}, headers...)
	if err := c.write(n, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the response header: %w", err)
	}
	logResponse(n, resp)
	return resp, nil
}

// write writes and logs a request header, with or without a body.
func (c *httpConn) write(n *Notes, head string) error {
	for line := range strings.Lines(head) {
		n.Logf("  > %s", strings.Trim(fmt.Sprintf("%q", strings.TrimRight(line, "\r\n")), `"`))
	}
	_, err := io.WriteString(c, head)
	return err
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
