//go:build linux

// Package thirdparty starts real servers that know nothing of rtbench, for tests: other
// languages, other libraries, each written as its documentation shows, each with a ledger
// of its own. What they need is installed by .ci/thirdparty; where it is missing, a test that
// asks for one is skipped, or fails where RTBENCH_THIRDPARTY is "require".
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

// Token is the bearer token that all servers take.
const Token = "open-sesame"

// patience bounds all waiting for a server.
const patience = 20 * time.Second

// A Server is a running process that ends with its test. Its fields do not change.
type Server struct {
	Name string
	// Host is the address that it listens on, 127.0.0.1:PORT.
	Host string
	// PID is the process that does the work: what it uses is what the server uses.
	PID int
	// Proto is the directory of the .proto files of those that speak gRPC, the import path
	// of chat/v1/chat.proto.
	Proto string
	// TLS says that it takes nothing but TLS.
	TLS bool
	// Files has the PEM files of the authority that signed its certificate, made for it.
	Files Certificates

	counting *process
}

// Start starts the server of that name, a row of the table, and waits until it listens. It
// ends with t. nginx has TLS always.
func Start(t testing.TB, name string) *Server {
	t.Helper()
	return start(t, name, false, 0)
}

// StartTLS is Start with TLS and a certificate for 127.0.0.1, ::1, localhost and my_service.
func StartTLS(t testing.TB, name string) *Server {
	t.Helper()
	return start(t, name, true, 0)
}

// StartLimited is Start with a limit of maxStreams streams on an HTTP/2 connection, for grpcio,
// node-grpc and nginx.
func StartLimited(t testing.TB, name string, maxStreams int) *Server {
	t.Helper()
	return start(t, name, false, maxStreams)
}

// start starts a server; maxStreams is 0 for its default limit.
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
	s.counting = startProcess(t, dir, env, nil, r.command...)
	s.PID = s.counting.pid()
	s.Host = s.counting.address(t)
	return s
}

// URL is that of a path: scheme is ws, http or grpc, to which TLS adds the s.
func (s *Server) URL(scheme, path string) string {
	if s.TLS {
		scheme += "s"
	}
	return scheme + "://" + s.Host + path
}

// ClientTLS trusts the server's authority; nil without TLS. The caller may change it.
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
