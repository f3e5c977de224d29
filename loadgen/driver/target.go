package driver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"rtbench/proto/eventloop"
	"rtbench/proto/quicnet"
)

// A Target is a server, and how to connect to it.
type Target struct {
	// Address is host:port.
	Address string
	// TLS is the client's configuration, nil for cleartext.
	TLS *tls.Config
	// Dial connects, by default with a net.Dialer, over tcp, or over udp for QUIC. It counts bytes and emulates
	// networks, in the same way for all protocols. Over udp it returns a *quicnet.Socket, or a *net.UDPConn.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// OptionalALPN accepts TLS servers of gRPC that do not agree on HTTP/2 in the handshake.
	OptionalALPN bool
	// Ping configures the pings of each connection.
	Ping Ping
	// Secure does the TLS handshake in Connect, by default HandshakeContext.
	Secure func(ctx context.Context, nc *tls.Conn) error
}

// DialTCP connects without TLS.
func (t Target) DialTCP(ctx context.Context) (net.Conn, error) {
	if t.Dial != nil {
		return t.Dial(ctx, "tcp", t.Address)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", t.Address)
}

// DialUDP returns a UDP socket that is connected to the address, for QUIC.
func (t Target) DialUDP(ctx context.Context) (*quicnet.Socket, error) {
	dial := t.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	nc, err := dial(ctx, "udp", t.Address)
	if err != nil {
		return nil, err
	}
	switch c := nc.(type) {
	case *quicnet.Socket:
		return c, nil
	case *net.UDPConn:
		return quicnet.Count(c, new(eventloop.Traffic)), nil
	}
	return nil, errors.Join(fmt.Errorf("connecting over UDP: found a %T; expected a UDP socket", nc), nc.Close())
}

// Connect connects, with TLS if the target uses it, and offers the given ALPN protocols.
func (t Target) Connect(ctx context.Context, alpn ...string) (net.Conn, error) {
	nc, err := t.DialTCP(ctx)
	if err != nil || t.TLS == nil {
		return nc, err
	}
	secured := tls.Client(nc, t.TLSConfig(alpn...))
	secure := t.Secure
	if secure == nil {
		secure = func(ctx context.Context, nc *tls.Conn) error { return nc.HandshakeContext(ctx) }
	}
	if err := secure(ctx, secured); err != nil {
		_ = nc.Close()
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return secured, nil
}

// TLSConfig returns a copy of TLS that offers the given ALPN protocols and verifies the host of
// Address.
func (t Target) TLSConfig(alpn ...string) *tls.Config {
	cfg := t.TLS.Clone()
	cfg.NextProtos = alpn
	if cfg.ServerName == "" {
		cfg.ServerName, _, _ = net.SplitHostPort(t.Address)
	}
	return cfg
}

// Handshake runs exchange, which reads and writes nc, and aborts it when ctx ends. On error it closes
// nc.
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

// Greet sends the first message of a stream to a reference server, which an empty reply accepts.
func Greet(st Conn, hello []byte) error {
	if err := st.Send(hello); err != nil {
		return err
	}
	reply, err := st.Recv()
	if err == nil && len(reply) > 0 {
		err = fmt.Errorf("%w: %s", ErrRefused, reply)
	}
	return err
}
