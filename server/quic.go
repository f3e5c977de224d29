package server

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"sync/atomic"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"rtbench/proto/quicnet"
)

// overQUIC serves the connections on a socket until stop.
type overQUIC func(s *Server, t *quic.Transport) (stop func(), err error)

// open implements service. All connections share one socket, as those of quic-go's servers do.
func (serve overQUIC) open(s *Server, protocol string) (address string, stop func(), err error) {
	at := s.addressFor(protocol)
	pc, err := net.ListenPacket("udp", at)
	if err != nil {
		return "", nil, cannotListen(protocol, at, err)
	}
	udp, _ := pc.(*net.UDPConn)
	limit := &connCount{limit: int64(s.cfg.MaxConnections)}
	t := &quic.Transport{Conn: quicnet.Count(udp, &s.stats.stripe().bytes), ConnContext: limit.count, StatelessResetKey: s.resetKey()}
	end := func() {
		_ = t.Close()
		_ = pc.Close()
	}
	stopServing, err := serve(s, t)
	if err != nil {
		end()
		return "", nil, cannotListen(protocol, at, err)
	}
	return pc.LocalAddr().String(), func() { stopServing(); end() }, nil
}

// resetKey returns the key by which a server that was restarted with its certificate resets the connections of the
// process before (RFC 9000, section 10.3).
func (s *Server) resetKey() *quic.StatelessResetKey {
	der, err := x509.MarshalPKCS8PrivateKey(s.tls.Certificates[0].PrivateKey)
	if err != nil {
		return nil // there are no resets then
	}
	key := quic.StatelessResetKey(sha256.Sum256(der))
	return &key
}

// A connCount counts the QUIC connections of a socket up to a limit; more are refused.
type connCount struct {
	limit int64
	open  atomic.Int64
}

var errManyConnections = errors.New("the limit of connections is reached")

// count is the ConnContext of a quic.Transport.
func (c *connCount) count(ctx context.Context, _ *quic.ClientInfo) (context.Context, error) {
	if c.open.Add(1) > c.limit {
		c.open.Add(-1)
		return nil, errManyConnections
	}
	context.AfterFunc(ctx, func() { c.open.Add(-1) })
	return ctx, nil
}

// listenHTTP3 returns a listener for HTTP/3.
func (s *Server) listenHTTP3(t *quic.Transport, c *quic.Config) (*quic.EarlyListener, error) {
	c.MaxIncomingStreams = 2 * int64(s.cfg.MaxStreams) // each stream may have a POST in flight
	c.HandshakeIdleTimeout = s.cfg.HandshakeTimeout / 2
	return t.ListenEarly(http3.ConfigureTLSConfig(s.quicTLS()), c)
}

// quicTLS returns the configuration of TLS for QUIC.
func (s *Server) quicTLS() *tls.Config {
	cfg := s.tls.Clone()
	cfg.MinVersion = tls.VersionTLS13
	return cfg
}
