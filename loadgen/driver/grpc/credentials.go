package grpc

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync/atomic"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"rtbench/loadgen/driver"
)

// channelCredentials secures the connections of a channel. It verifies certificates against the server
// name of the TLS configuration (grpc-go would use :authority), and reads each connection's stream limit.
type channelCredentials struct {
	credentials.TransportCredentials
	serverName string
	limit      *atomic.Int64
}

func newCredentials(t driver.Target, limit *atomic.Int64) credentials.TransportCredentials {
	if t.TLS == nil {
		return channelCredentials{insecure.NewCredentials(), "", limit}
	}
	cfg := t.TLSConfig("h2")
	secure := credentials.NewTLS(cfg)
	if t.OptionalALPN {
		secure = withoutALPN{secure, cfg}
	}
	return channelCredentials{secure, cfg.ServerName, limit}
}

// withoutALPN accepts servers that do not take part in ALPN, which grpc-go refuses.
type withoutALPN struct {
	credentials.TransportCredentials
	config *tls.Config
}

func (c withoutALPN) ClientHandshake(ctx context.Context, name string, nc net.Conn) (net.Conn, credentials.AuthInfo, error) {
	cfg := c.config.Clone()
	if cfg.ServerName == "" {
		cfg.ServerName = name
	}
	secured := tls.Client(nc, cfg)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, nil, err
	}
	state := secured.ConnectionState()
	if state.NegotiatedProtocol != "h2" && state.NegotiatedProtocol != "" {
		_ = nc.Close()
		return nil, nil, errors.New(driver.NoHTTP2)
	}
	return secured, credentials.TLSInfo{State: state, CommonAuthInfo: credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity}}, nil
}

func (c withoutALPN) Clone() credentials.TransportCredentials {
	return withoutALPN{c.TransportCredentials.Clone(), c.config}
}

func (c channelCredentials) Info() credentials.ProtocolInfo {
	info := c.TransportCredentials.Info()
	info.ServerName = "" //nolint:staticcheck // grpc-go still reads it
	return info
}

func (c channelCredentials) ClientHandshake(ctx context.Context, _ string, nc net.Conn) (net.Conn, credentials.AuthInfo, error) {
	nc, info, err := c.TransportCredentials.ClientHandshake(ctx, c.serverName, nc)
	if err == nil {
		nc = &settingsReader{Conn: nc, limit: c.limit}
	}
	return nc, info, err
}

func (c channelCredentials) Clone() credentials.TransportCredentials {
	return channelCredentials{c.TransportCredentials.Clone(), c.serverName, c.limit}
}

// A settingsReader stores the stream limit in the first frame read from its connection, which grpc-go
// does not expose. It stores 0 if there is none, and noStreams for a limit of 0.
type settingsReader struct {
	net.Conn
	limit *atomic.Int64
	first []byte
	done  bool
}

func (c *settingsReader) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.done {
		c.parse(p[:n])
	}
	return n, err
}

const (
	maxSettings = 16 << 10
	noStreams   = -1
)

// parse reads the first frame once all its bytes are there.
func (c *settingsReader) parse(p []byte) {
	c.first = append(c.first, p...)
	framer := http2.NewFramer(io.Discard, bytes.NewReader(c.first))
	framer.SetMaxReadFrameSize(maxSettings)
	frame, err := framer.ReadFrame()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return
	}
	if settings, ok := frame.(*http2.SettingsFrame); ok {
		limit, limited := settings.Value(http2.SettingMaxConcurrentStreams)
		c.limit.Store(int64(limit))
		if limited && limit == 0 {
			c.limit.Store(noStreams)
		}
	}
	c.first, c.done = nil, true
}
