//go:build linux

package thirdparty

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Certificates lists PEM files of an authority and the certificates that it signed, valid for a
// day.
type Certificates struct {
	// CA is the authority's certificate.
	CA string
	// Cert and Key belong to the server, for 127.0.0.1, ::1, localhost and my_service.
	Cert, Key string
	// ClientCert and ClientKey belong to a client.
	ClientCert, ClientKey string
}

type pair struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newCertificates(dir string) (Certificates, error) {
	at := func(name string) string { return filepath.Join(dir, name) }
	c := Certificates{at("ca.pem"), at("cert.pem"), at("key.pem"), at("client.pem"), at("client-key.pem")}
	ca, err := sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "test authority"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, c.CA, at("ca-key.pem"))
	if err != nil {
		return c, err
	}
	if _, err := sign(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "localhost"},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		DNSNames:    []string{"localhost", "my_service"},
	}, &ca, c.Cert, c.Key); err != nil {
		return c, err
	}
	_, err = sign(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "client"},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, &ca, c.ClientCert, c.ClientKey)
	return c, err
}

// sign completes template, signs it with by (self-signed if nil) and writes the certificate and
// key to files.
func sign(template *x509.Certificate, by *pair, certFile, keyFile string) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, fmt.Errorf("generating a key: %w", err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore = time.Now().Add(-time.Hour)
	template.NotAfter = time.Now().Add(24 * time.Hour)
	if by == nil {
		by = &pair{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.cert, &key.PublicKey, by.key)
	if err != nil {
		return pair{}, fmt.Errorf("creating a certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return pair{}, fmt.Errorf("writing a key: %w", err)
	}
	if err := writePEM(certFile, "CERTIFICATE", der); err != nil {
		return pair{}, err
	}
	if err := writePEM(keyFile, "PRIVATE KEY", private); err != nil {
		return pair{}, err
	}
	cert, err := x509.ParseCertificate(der)
	return pair{cert, key}, err
}

func writePEM(file, kind string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
