package target

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"

	"rtbench/proto"
	"rtbench/proto/certificate"
	"rtbench/scenarios"
)

// maxSessions are kept for resumption. The key of a session is the server's name, so there is one for each server.
const maxSessions = 64

// tlsConfig returns nil if the URL's scheme has no TLS.
func (t *Custom) tlsConfig(s *scenarios.Scenario) (*tls.Config, error) {
	if !proto.SchemeByName(t.Endpoint.URL.Scheme).TLS {
		return nil, nil
	}
	c, err := trustOf(s)
	if err == nil {
		c.ServerName = s.Custom.TLS.ServerName
		if s.Custom.TLS.Resume {
			c.ClientSessionCache = tls.NewLRUClientSessionCache(maxSessions)
		}
	}
	return c, err
}

// trustOf returns the versions, roots and client certificate of a custom target's TLS.
func trustOf(s *scenarios.Scenario) (*tls.Config, error) {
	o := s.Custom.TLS
	c := &tls.Config{MinVersion: o.Least, MaxVersion: o.Most, InsecureSkipVerify: o.Insecure}
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

// makeCertificate puts a certificate and its key into a file, until removeCertificate.
func (s *Server) makeCertificate() error {
	c, err := certificate.Issue(nil, &x509.Certificate{}, "rtbench reference server", "localhost", "127.0.0.1", "::1")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp("", "rtbench-*.pem") // readable by its owner only
	if err != nil {
		return fmt.Errorf("keeping the server's certificate: %w", err)
	}
	s.certificate = f.Name()
	cert, key := certificate.PEM(c)
	_, err = f.Write(slices.Concat(cert, key))
	return errors.Join(err, f.Close())
}

func (s *Server) removeCertificate() {
	if s.certificate != "" {
		_ = os.Remove(s.certificate)
	}
}
