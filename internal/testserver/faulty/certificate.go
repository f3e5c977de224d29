package faulty

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"sync"
	"time"
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
	ca, unknown := newSigner("faulty"), newSigner("unknown")
	client := ca.issue("client", time.Hour)
	a := &testCertificates{
		pem: ca.pem(), pool: x509.NewCertPool(),
		valid: ca.issue("127.0.0.1", time.Hour), expired: ca.issue("127.0.0.1", -time.Hour),
		wrongHost: ca.issue("elsewhere.invalid", time.Hour), unknownAuthority: unknown.issue("127.0.0.1", time.Hour),
	}
	a.pool.AddCert(ca.cert)
	key, err := x509.MarshalPKCS8PrivateKey(client.PrivateKey)
	if err != nil {
		panic(err) // a new key always marshals
	}
	a.clientCert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: client.Certificate[0]})
	a.clientKey = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	return a
})

type signer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newSigner(name string) *signer {
	s := &signer{key: newKey()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name + "'s authority"},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
	}
	s.cert = s.sign(template, &s.key.PublicKey, template)
	return s
}

func (s *signer) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Raw})
}

// issue returns a certificate that expires after left, which may be negative.
func (s *signer) issue(host string, left time.Duration) tls.Certificate {
	key := newKey()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: host},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(left),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	return tls.Certificate{Certificate: [][]byte{s.sign(template, &key.PublicKey, s.cert).Raw}, PrivateKey: key}
}

func (s *signer) sign(template *x509.Certificate, key *ecdsa.PublicKey, parent *x509.Certificate) *x509.Certificate {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key, s.key)
	if err != nil {
		panic(err) // a bug in a template of this file
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return cert
}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return key
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
	if f.behavior.tlsFault != nil {
		f.behavior.tlsFault(c, a)
	}
	return c
}
