// Package driver is the one seam between the generator and a protocol: a Driver
// opens Streams, and every workload is written over those. One file a protocol;
// the table below is read top to bottom. The conformance test runs every row
// through every pattern against the reference server. It keeps no time and
// records nothing.
package driver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"rtbench/proto"
	"rtbench/proto/eventloop"
)

// A Stream is the client's end of one exchange.
type Stream interface {
	proto.Conn
	// CloseSend says that no more messages follow; the peer's last messages
	// still arrive. It may be called more than once, by the goroutine that
	// sends.
	CloseSend() error
	// Close ends the stream now and unblocks Send and Recv. Any goroutine, any
	// number of times.
	Close() error
}

// A EventDriven stream can be driven by an event loop, which has h take what Recv would
// have returned, instead of by a goroutine that calls Recv. Drive is asked once, before
// anything is received; errors.ErrUnsupported leaves the stream as it was, after any
// other error it can only be closed. The contract is eventloop.Conn's.
type EventDriven interface {
	Stream
	Writable
	Drive(l *eventloop.Loop, h proto.Handler) error
}

// A Writable stream knows whether a Send would wait.
type Writable interface {
	// Writable says that a Send would not wait for the peer. A stream that is to be Driven
	// knows it from then on, and says so before too. It is asked by who sends.
	Writable() bool
}

// A Driver speaks one protocol on one connection to one target. It is safe for
// concurrent use.
type Driver interface {
	// Open opens a stream and returns when the server has accepted the call. ctx
	// bounds Open only. A protocol that carries one stream a connection opens a
	// connection for each.
	Open(ctx context.Context, c proto.Call) (Stream, error)
	// Close ends the driver's streams and its connection.
	Close() error
}

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

// A row of the table.
type row struct {
	name string
	// multiplexes says that one connection carries many streams.
	multiplexes bool
	open        func(Target) Driver
}

var referenceTable = []row{
	{"tcp", false, func(t Target) Driver { return reference{t} }},
	{"websocket", false, func(t Target) Driver { return webSocketDriver{t} }},
	{"sse", false, func(t Target) Driver { return sseDriver{t} }},
	{"sse-h2", true, newSSEH2},
	{"grpc", true, newGRPC},
	{"grpc-lean", true, newGRPCLean},
}

// New returns a driver for the protocol of that name. It does not connect yet.
func New(protocol string, t Target) (Driver, error) {
	for _, r := range referenceTable {
		if r.name == protocol {
			return native{r.open(t), protocol}, nil
		}
	}
	return nil, fmt.Errorf("no driver for protocol %q; there are %v", protocol, proto.ProtocolNames())
}

// Multiplexes says whether the protocol carries many streams on a connection.
func Multiplexes(protocol string) bool {
	for _, r := range referenceTable {
		if r.name == protocol {
			return r.multiplexes
		}
	}
	return false
}

// ErrRefused is what Open returns, wrapped with the server's words, when the
// server was reached and does not accept the call.
var ErrRefused = errors.New("the server refused the call")

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
