package faulty

import (
	"crypto/tls"
	"crypto/x509"
	"sync"
	"time"

	"rtbench/proto/certificate"
)

// testCertificates holds an authority's certificate and the server and client certificates that
// the faults need. Clients do not know the issuer of unknownAuthority.
type testCertificates struct {
	pem                       []byte
	pool                      *x509.CertPool
	valid, expired, wrongHost tls.Certificate // wrongHost names another host
	unknownAuthority          tls.Certificate
	clientCert, clientKey     []byte
}

// certificates are created once, since that takes longer than most tests.
var certificates = sync.OnceValue(func() *testCertificates {
	ca, unknown := issue(nil, "faulty's authority", time.Hour), issue(nil, "another authority", time.Hour)
	a := &testCertificates{
		pool: x509.NewCertPool(), valid: issue(&ca, "127.0.0.1", time.Hour), expired: issue(&ca, "127.0.0.1", -time.Hour),
		wrongHost: issue(&ca, "elsewhere.invalid", time.Hour), unknownAuthority: issue(&unknown, "127.0.0.1", time.Hour),
	}
	a.pool.AddCert(ca.Leaf)
	a.pem, _ = certificate.PEM(ca)
	a.clientCert, a.clientKey = certificate.PEM(issue(&ca, "client", time.Hour))
	return a
})

// issue returns a certificate for servers and clients that expires after left, which may be
// negative; an authority's if by is nil.
func issue(by *tls.Certificate, host string, left time.Duration) tls.Certificate {
	c, err := certificate.Issue(by, &x509.Certificate{
		IsCA: by == nil, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(left),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, host, host)
	if err != nil {
		panic(err) // a bug in this template
	}
	return c
}

// tlsConfig returns the server's configuration for a fault.
func tlsConfig(f Fault) *tls.Config {
	a := certificates()
	c := &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{a.valid}, NextProtos: []string{"http/1.1"},
	}
	if f.Protocol == "grpc" || f.Protocol == "sse-h2" {
		c.NextProtos = []string{"h2"}
	}
	if f.tlsFault != nil {
		f.tlsFault(c, a)
	}
	return c
}
