package drivertest

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"testing"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"rtbench/loadgen/driver"
	"rtbench/proto/certificate"
)

// ListenQUIC returns a listener with an ALPN protocol until the end of the test, and its target, which trusts it.
func ListenQUIC(t testing.TB, alpn string, c *quic.Config) (*quic.Listener, driver.Target) {
	t.Helper()
	cert, err := certificate.Issue(nil, &x509.Certificate{}, "test", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert.Leaf)
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	transport := &quic.Transport{Conn: pc}
	t.Cleanup(func() {
		_ = transport.Close()
		_ = pc.Close()
	})
	l, err := transport.Listen(&tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{cert}, NextProtos: []string{alpn}}, c)
	if err != nil {
		t.Fatal(err)
	}
	return l, driver.Target{Address: pc.LocalAddr().String(), TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}}
}

// ServeHTTP3 serves h over HTTP/3 until the end of the test, and returns the target.
func ServeHTTP3(t testing.TB, h http.HandlerFunc, c *quic.Config) driver.Target {
	t.Helper()
	l, target := ListenQUIC(t, http3.NextProtoH3, c)
	s := &http3.Server{Handler: h}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.ServeListener(l)
	}()
	t.Cleanup(func() {
		_ = s.Close()
		_ = l.Close()
		<-ended
	})
	return target
}
