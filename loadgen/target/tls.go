package target

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"rtbench/proto"
	"rtbench/scenarios"
)

// tlsConfig returns nil if the URL's scheme has no TLS.
func (t *Custom) tlsConfig(s *scenarios.Scenario) (*tls.Config, error) {
	if !proto.SchemeByName(t.Endpoint.URL.Scheme).TLS {
		return nil, nil
	}
	o := s.Custom.TLS
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: o.ServerName, InsecureSkipVerify: o.Insecure}
	if o.CA != "" {
		pem, err := os.ReadFile(s.Resolve(o.CA))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.KeyName("target.tls.ca"), err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: %s has no certificate in PEM form", s.KeyName("target.tls.ca"), o.CA)
		}
	}
	if o.Cert != "" {
		pair, err := tls.LoadX509KeyPair(s.Resolve(o.Cert), s.Resolve(o.Key))
		if err != nil {
			return nil, fmt.Errorf("%s and key: %w", s.KeyName("target.tls.cert"), err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
