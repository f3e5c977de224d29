package server

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"

	"rtbench/proto/certificate"
)

// takeCertificate makes the configured certificate, or a new one, that of the server, and adds it to Info for clients
// to trust.
func (s *Server) takeCertificate() error {
	c, err := s.certificate()
	if err != nil {
		return err
	}
	s.tls = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{c}}
	for _, der := range c.Certificate {
		s.info.Certificate += string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	return nil
}

// certificate reads the configured certificate, or makes a new one.
func (s *Server) certificate() (tls.Certificate, error) {
	file := s.cfg.Certificate
	if file == "" {
		return s.makeCertificate()
	}
	c, err := tls.LoadX509KeyPair(file, file)
	if err != nil {
		err = fmt.Errorf("certificate %s: %w; expected a certificate and its key in PEM form", file, err)
	}
	return c, err
}

// makeCertificate makes a self-signed certificate for the server's host, valid for a day.
func (s *Server) makeCertificate() (tls.Certificate, error) {
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	if host := s.cfg.Host; host != "" {
		hosts = append(hosts, host)
	}
	return certificate.Issue(nil, &x509.Certificate{}, "rtbench reference server", hosts...)
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
