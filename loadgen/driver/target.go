package driver

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"
)

// A Target is what a driver connects to.
type Target struct {
	// Address is host:port.
	Address string
	// TLS is the client's configuration; nil means cleartext.
	TLS *tls.Config
	// Dial makes the connection; nil means a net.Dialer. Bytes are counted and
	// networks emulated here, the same way for all protocols.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Path is which of the guide's event streams is opened; empty means /stream.
	Path string
	// Token is shown where the guide's contract asks for one.
	Token string
	// Unmatched, if not nil, is called for each message of the guide's contract that carries no
	// measured message, on the goroutine that receives. B is valid until it returns.
	Unmatched func(b []byte)
	// Endpoint is how a server of the user's own is spoken to; nil of other servers.
	Endpoint *Endpoint
}

// ReportUnmatched calls Unmatched, if there is one.
func (t Target) ReportUnmatched(b []byte) {
	if t.Unmatched != nil {
		t.Unmatched(b)
	}
}

// DialTCP makes a TCP connection, without TLS.
func (t Target) DialTCP(ctx context.Context) (net.Conn, error) {
	if t.Dial != nil {
		return t.Dial(ctx, "tcp", t.Address)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", t.Address)
}

// Connect makes a connection, with TLS where the target has it. next are the
// protocols offered (ALPN).
func (t Target) Connect(ctx context.Context, next ...string) (net.Conn, error) {
	nc, err := t.DialTCP(ctx)
	if err != nil || t.TLS == nil {
		return nc, err
	}
	secured := tls.Client(nc, t.TLSConfig(next...))
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return secured, nil
}

func (t Target) TLSConfig(next ...string) *tls.Config {
	cfg := t.TLS.Clone()
	cfg.NextProtos = next
	if cfg.ServerName == "" {
		cfg.ServerName, _, _ = net.SplitHostPort(t.Address)
	}
	return cfg
}

// Handshake runs what reads and writes nc, and breaks it off when ctx ends. It
// closes nc when there is an error.
func Handshake(ctx context.Context, nc net.Conn, exchange func() error) error {
	stop := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })
	err := exchange()
	if !stop() && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = nc.Close()
	}
	return err
}
