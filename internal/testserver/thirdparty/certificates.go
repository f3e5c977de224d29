//go:build linux

package thirdparty

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"

	"rtbench/proto/certificate"
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

func newCertificates(dir string) (Certificates, error) {
	at := func(name string) string { return filepath.Join(dir, name) }
	files := Certificates{at("ca.pem"), at("cert.pem"), at("key.pem"), at("client.pem"), at("client-key.pem")}
	ca, err := certificate.Issue(nil, &x509.Certificate{IsCA: true}, "test authority")
	if err != nil {
		return files, err
	}
	server, err := certificate.Issue(&ca, &x509.Certificate{}, "localhost", "127.0.0.1", "::1", "localhost", "my_service")
	if err != nil {
		return files, err
	}
	client, err := certificate.Issue(&ca, &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, "client")
	if err != nil {
		return files, err
	}
	for _, f := range []struct {
		certificate tls.Certificate
		cert, key   string
	}{{ca, files.CA, at("ca-key.pem")}, {server, files.Cert, files.Key}, {client, files.ClientCert, files.ClientKey}} {
		cert, key := certificate.PEM(f.certificate)
		if err := os.WriteFile(f.cert, cert, 0o600); err != nil {
			return files, err
		}
		if err := os.WriteFile(f.key, key, 0o600); err != nil {
			return files, err
		}
	}
	return files, nil
}
