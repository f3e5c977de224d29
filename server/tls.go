package server

import (
	"crypto/tls"
	"crypto/x509"
	"net"

	"rtbench/proto/certificate"
)

// makeCertificate makes a self-signed certificate for the server's host, valid for a day,
// and adds it to Info for clients to trust.
func (s *Server) makeCertificate() error {
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	if host := s.cfg.Host; host != "" {
		hosts = append(hosts, host)
	}
	c, err := certificate.Issue(nil, &x509.Certificate{}, "rtbench reference server", hosts...)
	if err != nil {
		return err
	}
	s.tls = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{c}}
	cert, _ := certificate.PEM(c)
	s.info.Certificate = string(cert)
	return nil
}

// secure wraps l in TLS with ALPN protocols next (RFC 7301) if TLS is configured.
func (s *Server) secure(l net.Listener, next ...string) net.Listener {
	if s.tls == nil {
		return l
	}
	cfg := s.tls.Clone()
	cfg.NextProtos = next
	return tls.NewListener(l, cfg)
}
