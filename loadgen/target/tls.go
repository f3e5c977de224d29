package target

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"rtbench/scenarios"
)

// tlsOf returns how connections are secured; nil where the URL's scheme has no TLS.
func (v *Server) tlsOf(s *scenarios.Scenario) (*tls.Config, error) {
	t := s.Custom.TLS
	if !secure[v.Endpoint.URL.Scheme] {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName, InsecureSkipVerify: t.Insecure}
	if t.CA != "" {
		pem, err := os.ReadFile(s.Resolve(t.CA))
		if err != nil {
			return nil, fmt.Errorf("target.tls.ca: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("target.tls.ca: %s has no certificate in PEM form", t.CA)
		}
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(s.Resolve(t.Cert), s.Resolve(t.Key))
		if err != nil {
			return nil, fmt.Errorf("target.tls.cert and key: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
