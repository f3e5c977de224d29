package drivertest

import (
	"crypto/tls"
	"crypto/x509"
	"testing"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/server"
)

// StartServer starts a reference server for the test.
func StartServer(t testing.TB, cfg server.Config) *server.Server {
	t.Helper()
	s, err := server.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// ReferenceTarget returns the target for a protocol of s.
func ReferenceTarget(s *server.Server, protocol string) driver.Target {
	target := driver.Target{Address: s.Info().Addresses[protocol]}
	if pem := s.Info().Certificate; pem != "" {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM([]byte(pem))
		target.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return target
}

// Dial returns a driver for s. It receives with an event loop if s does.
func Dial(t testing.TB, s *server.Server, protocol string) *Client {
	t.Helper()
	d := DialBlocking(t, s, protocol)
	if s.Info().Stacks[protocol] != proto.Lean || s.Info().Certificate != "" {
		return d
	}
	return WithLoop(t, d)
}

// DialBlocking returns a driver for s that receives with goroutines.
func DialBlocking(t testing.TB, s *server.Server, protocol string) *Client {
	t.Helper()
	return NewReferenceClient(t, protocol, s.Info().Stacks[protocol], ReferenceTarget(s, protocol))
}
