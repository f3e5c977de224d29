//go:build linux

// Package thirdparty starts real servers that know nothing of rtbench, for tests. They are
// written in other languages with other libraries, in the style of their documentation, and
// each keeps its own ledger. .ci/thirdparty installs the prerequisites. Tests that lack one are
// skipped, or fail if RTBENCH_THIRDPARTY is "require".
package thirdparty

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// Token is the bearer token that all servers accept.
const Token = "open-sesame"

// patience bounds every wait for a server.
const patience = 20 * time.Second

// A Server is a running process that ends with its test. Callers must not change its fields.
type Server struct {
	Name string
	// Host is the listening address, 127.0.0.1:PORT.
	Host string
	// PID is the process that does the work and whose resource usage counts.
	PID int
	// Proto is the import path of chat/v1/chat.proto, for servers that speak gRPC.
	Proto string
	// TLS reports that the server accepts only TLS.
	TLS bool
	// Files lists the PEM files of the server's certificate and authority.
	Files Certificates

	counting *process
	dir      string // of its files
	env      []string
}

// Start starts the named server of the table and waits until it listens. The server ends with
// t. nginx always uses TLS.
func Start(t testing.TB, name string) *Server {
	t.Helper()
	return start(t, name, false, 0)
}

// StartTLS is Start with TLS and a certificate for 127.0.0.1, ::1, localhost and my_service.
func StartTLS(t testing.TB, name string) *Server {
	t.Helper()
	return start(t, name, true, 0)
}

// StartLimited is Start with at most maxStreams streams per HTTP/2 connection, for grpcio,
// node-grpc and nginx.
func StartLimited(t testing.TB, name string, maxStreams int) *Server {
	t.Helper()
	return start(t, name, false, maxStreams)
}

// start starts a server; a maxStreams of 0 stands for the server's default.
func start(t testing.TB, name string, secure bool, maxStreams int) *Server {
	t.Helper()
	r := find(t, name)
	require(t, r.needs)
	dir := t.TempDir()
	s := &Server{Name: name, TLS: secure, Proto: filepath.Join(dir, "proto")}
	if err := unpack(dir, r.files); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.Files, err = newCertificates(dir); err != nil {
		t.Fatal(err)
	}
	if r.behind != "" {
		s.proxy(t, dir, r, maxStreams)
		return s
	}
	env := []string{
		"TOKEN=" + Token, "PROTO=" + s.Proto, "STUBS=" + dir,
		"NODE_PATH=" + modules(), "PYTHONPATH=" + dir, "PYTHONDONTWRITEBYTECODE=1",
	}
	if secure {
		env = append(env, "CERT="+s.Files.Cert, "KEY="+s.Files.Key)
	}
	if maxStreams > 0 {
		env = append(env, "MAX_STREAMS="+strconv.Itoa(maxStreams))
	}
	s.dir, s.env = dir, env
	s.counting = startProcess(t, dir, env, nil, r.command...)
	s.PID = s.counting.pid()
	s.Host = s.counting.address(t)
	return s
}

// URL returns the URL of a path. scheme is ws, http, grpc or mqtt; TLS appends an s.
func (s *Server) URL(scheme, path string) string {
	if s.TLS {
		scheme += "s"
	}
	return scheme + "://" + s.Host + path
}

// ClientTLS returns a configuration that trusts the server's authority, nil without TLS. The
// caller may change it.
func (s *Server) ClientTLS(t testing.TB) *tls.Config {
	t.Helper()
	if !s.TLS {
		return nil
	}
	pem, err := os.ReadFile(s.Files.CA)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}
