package grpc_test

import (
	"context"
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
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"rtbench/internal/testserver/loopback"
	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
)

// A certAuthority signs certificates.
type certAuthority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newCertAuthority(t *testing.T) certAuthority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return certAuthority{cert, key}
}

func (a certAuthority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// sign returns a certificate for 127.0.0.1.
func (a certAuthority) sign(t *testing.T, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// tlsNoClient is the class of a server that requires another client certificate. Its alert can get lost
// with the connection.
const tlsNoClient = "TLS: handshake refused"

func TestTLS(t *testing.T) { bothClients(t, testTLS) }

func testTLS(t *testing.T, over client) {
	ours, theirs := newCertAuthority(t), newCertAuthority(t)
	later := time.Now().Add(time.Hour)
	good := &tls.Config{Certificates: []tls.Certificate{ours.sign(t, later)}}
	for _, c := range []struct {
		name   string
		server *tls.Config
		client *tls.Config
		want   string
	}{
		{"TLS", good, &tls.Config{RootCAs: ours.pool()}, ""},
		{
			"a certificate of the client", &tls.Config{Certificates: good.Certificates, ClientCAs: ours.pool(), ClientAuth: tls.RequireAndVerifyClientCert},
			&tls.Config{RootCAs: ours.pool(), Certificates: []tls.Certificate{ours.sign(t, later)}}, "",
		},
		{
			"no certificate of the client", &tls.Config{Certificates: good.Certificates, ClientCAs: ours.pool(), ClientAuth: tls.RequireAndVerifyClientCert},
			&tls.Config{RootCAs: ours.pool()}, "TLS: handshake refused",
		},
		{
			"unknown client certificate", &tls.Config{Certificates: good.Certificates, ClientCAs: ours.pool(), ClientAuth: tls.RequireAndVerifyClientCert},
			&tls.Config{RootCAs: ours.pool(), Certificates: []tls.Certificate{theirs.sign(t, later)}}, "TLS: handshake refused",
		},
		{"unknown authority", good, &tls.Config{RootCAs: theirs.pool()}, "TLS: unknown authority"},
		{"expired", &tls.Config{Certificates: []tls.Certificate{ours.sign(t, time.Now().Add(-time.Hour))}}, &tls.Config{RootCAs: ours.pool()}, "TLS: certificate expired"},
		{"other host", good, &tls.Config{RootCAs: ours.pool(), ServerName: "example.org"}, "TLS: wrong host name"},
		{"not verified", good, &tls.Config{InsecureSkipVerify: true}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, _ := serveTest(t, grpc.Creds(credentials.NewTLS(c.server)))
			for _, name := range []string{"Talk", "Unary"} {
				d := over.custom(t, address, name, func(t *drivertest.Target) { t.TLS = c.client })
				got := exchangeOnce(t, d)
				if c.want == tlsNoClient && strings.HasPrefix(got, "gRPC Unavailable: connection ") {
					continue
				}
				if got != c.want {
					t.Errorf("%s: %s, want %s", name, got, c.want)
				}
			}
		})
	}
}

// exchangeOnce sends a message and returns the class of the error, empty if there is a reply.
func exchangeOnce(t *testing.T, d *drivertest.Client) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), drivertest.Timeout)
	defer cancel()
	st, err := d.Open(ctx, proto.Call{})
	if err != nil {
		return driver.Class(err)
	}
	defer st.Close()
	if err = st.Send(payload("x")); err == nil {
		err = drivertest.Bounded(t, "Recv", func() error { _, err := st.Recv(); return err })
	}
	return codeOf(err)
}

// A server without h2, and TLS at one end only, have their classes.
func TestTLSMismatch(t *testing.T) { bothClients(t, testTLSMismatch) }

func testTLSMismatch(t *testing.T, over client) {
	ours := newCertAuthority(t)
	server := &tls.Config{Certificates: []tls.Certificate{ours.sign(t, time.Now().Add(time.Hour))}}
	client := func(t *drivertest.Target) { t.TLS = &tls.Config{RootCAs: ours.pool()} }
	handshake := func(cfg *tls.Config) string {
		return loopback.Serve(t, func(nc net.Conn) {
			s := tls.Server(nc, cfg)
			_, _ = io.Copy(io.Discard, s)
		})
	}
	other := server.Clone()
	other.NextProtos = []string{"http/1.1"}
	if got := exchangeOnce(t, over.custom(t, handshake(server), "Talk", client)); got != "TLS: no ALPN protocol in common" {
		t.Errorf("no ALPN: %s", got)
	}
	if got := exchangeOnce(t, over.custom(t, handshake(other), "Talk", client)); got != "TLS: no ALPN protocol in common" {
		t.Errorf("other ALPN protocol: %s", got)
	}
	plain, _ := serveTest(t)
	if got := exchangeOnce(t, over.custom(t, plain, "Talk", client)); got != "not TLS" {
		t.Errorf("TLS to a cleartext server: %s", got)
	}
	secure, _ := serveTest(t, grpc.Creds(credentials.NewTLS(server)))
	if got := exchangeOnce(t, over.custom(t, secure, "Talk", nil)); got != "not HTTP/2" && got != "gRPC Unavailable: connection closed by the server" && got != "gRPC Unavailable: connection reset" {
		t.Errorf("cleartext to a TLS server: %s", got)
	}
}

// A server behind a load balancer without ALPN is reached if the endpoint allows it, and then only HTTP/2 or no
// protocol at all is accepted.
func TestOptionalALPN(t *testing.T) { bothClients(t, testOptionalALPN) }

func testOptionalALPN(t *testing.T, over client) {
	ours := newCertAuthority(t)
	plain, _ := serveTest(t)
	balancer := func(protocols ...string) string {
		cfg := &tls.Config{Certificates: []tls.Certificate{ours.sign(t, time.Now().Add(time.Hour))}, NextProtos: protocols}
		return loopback.Serve(t, func(nc net.Conn) {
			server, err := net.Dial("tcp", plain)
			if err != nil {
				return
			}
			s := tls.Server(nc, cfg)
			var wg sync.WaitGroup
			wg.Go(func() {
				_, _ = io.Copy(s, server)
				_ = s.Close()
			})
			_, _ = io.Copy(server, s)
			_ = server.Close()
			wg.Wait()
		})
	}
	without, other := balancer(), balancer("http/1.1", "h3")
	for _, c := range []struct {
		address  string
		optional bool
		want     string
	}{
		{without, true, ""},
		{without, false, "TLS: no ALPN protocol in common"},
		{other, true, "TLS: no ALPN protocol in common"},
		{balancer("h2"), true, ""},
	} {
		got := exchangeOnce(t, over.custom(t, c.address, "Talk", func(t *drivertest.Target) {
			t.TLS, t.OptionalALPN = &tls.Config{RootCAs: ours.pool()}, c.optional
		}))
		if got != c.want {
			t.Errorf("optional %v: %q, want %q", c.optional, got, c.want)
		}
	}
}
