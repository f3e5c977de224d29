package drivers_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
)

// certificate returns a self-signed certificate for a name.
func certificate(t *testing.T, name string, until time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestTLSClasses(t *testing.T) {
	good, roots := certificate(t, "localhost", time.Now().Add(time.Hour))
	old, oldRoots := certificate(t, "localhost", time.Now().Add(-time.Hour))
	served := func(cfg *tls.Config) func(net.Conn, int) {
		return func(nc net.Conn, _ int) {
			c := tls.Server(nc, cfg)
			if c.Handshake() == nil {
				_, _ = io.Copy(io.Discard, c)
			}
		}
	}
	plain := func(nc net.Conn, _ int) {
		_, _ = io.WriteString(nc, "HTTP/1.1 400 Bad Request\r\n\r\n")
		_, _ = io.Copy(io.Discard, nc)
	}
	for name, c := range map[string]struct {
		serve  func(net.Conn, int)
		client *tls.Config
		class  string
	}{
		"authority":     {served(&tls.Config{Certificates: []tls.Certificate{good}}), &tls.Config{ServerName: "localhost", RootCAs: x509.NewCertPool()}, "TLS: unknown authority"},
		"expired":       {served(&tls.Config{Certificates: []tls.Certificate{old}}), &tls.Config{ServerName: "localhost", RootCAs: oldRoots}, "TLS: certificate expired"},
		"name":          {served(&tls.Config{Certificates: []tls.Certificate{good}}), &tls.Config{ServerName: "example.com", RootCAs: roots}, "TLS: wrong host name"},
		"address":       {served(&tls.Config{Certificates: []tls.Certificate{good}}), &tls.Config{RootCAs: roots}, "TLS: wrong host name"},
		"ALPN":          {served(&tls.Config{Certificates: []tls.Certificate{good}, NextProtos: []string{"h3"}}), &tls.Config{ServerName: "localhost", RootCAs: roots}, "TLS: no ALPN protocol in common"},
		"version":       {served(&tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS13}), &tls.Config{ServerName: "localhost", RootCAs: roots, MaxVersion: tls.VersionTLS12}, "TLS: handshake refused"},
		"certificate":   {served(&tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAnyClientCert}), &tls.Config{ServerName: "localhost", RootCAs: roots}, "TLS: handshake refused"},
		"not TLS":       {plain, &tls.Config{ServerName: "localhost", RootCAs: roots}, "not TLS"},
		"nothing comes": {func(net.Conn, int) {}, &tls.Config{ServerName: "localhost", RootCAs: roots}, "connection"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := drivertest.WebSocketTarget(t, drivertest.ServeTCP(t, c.serve), "", nil)
			target.TLS = c.client
			err := drivertest.OpenError(t, "websocket", target)
			if got := driver.Class(err); got != c.class && (c.class != "connection" || !strings.HasPrefix(got, "connection ")) {
				t.Errorf("class %q of %v, want %q", got, err, c.class)
			}
		})
	}
}

// grpc-go keeps only the text of TLS errors.
func TestTLSClassesOfGRPC(t *testing.T) {
	t.Parallel()
	const words = `connection error: desc = "transport: authentication handshake failed: `
	for text, class := range map[string]string{
		words + `tls: failed to verify certificate: x509: certificate signed by unknown authority"`:             "TLS: unknown authority",
		words + `tls: failed to verify certificate: x509: certificate has expired or is not yet valid: now"`:    "TLS: certificate expired",
		words + `tls: failed to verify certificate: x509: certificate is valid for localhost, not example.com"`: "TLS: wrong host name",
		words + `tls: first record does not look like a TLS handshake"`:                                         "not TLS",
		words + `remote error: tls: no application protocol"`:                                                   "TLS: no ALPN protocol in common",
		words + `credentials: cannot check peer: missing selected ALPN property."`:                              "TLS: no ALPN protocol in common",
		words + `remote error: tls: certificate required"`:                                                      "TLS: handshake refused",
		`connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:1: connect: refused"`:     "gRPC Unavailable",
	} {
		if got := driver.Class(status.Error(codes.Unavailable, text)); got != class {
			t.Errorf("%s: class %q, want %q", text, got, class)
		}
	}
	if got := driver.Class(status.Error(codes.Unauthenticated, "x509: no")); got != "gRPC Unauthenticated" {
		t.Errorf("text from a server: class %q", got)
	}
}
