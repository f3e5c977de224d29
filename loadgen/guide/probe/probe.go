// Package probe asks what cannot be read off a latency: which way messages flow,
// what is spoken on the wire, who comes back after a connection broke, whether bytes
// survive. A Probe does one such thing to the reference servers and notes what it
// saw; it judges nothing. What needs a real browser is in package browser.
package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"

	"rtbench/proto"
)

// User is whom the servers have a token for (Info.Tokens).
const User = "rtbench"

// Servers are where the reference servers listen: one process in cleartext, one with
// TLS. Their event streams send an event each 100 ms.
type Servers struct{ Plain, TLS proto.Info }

// ClientTLS trusts the certificate of s.TLS alone.
func (s Servers) ClientTLS() *tls.Config {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(s.TLS.Certificate))
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// A Probe is one thing to do and look at.
type Probe struct {
	// Name is the word for it, and the beginning of its observations' IDs.
	Name string
	// About says in a sentence what is done.
	About string
	// Do does it and notes what is seen. Its error says that it could not be done; an
	// ErrMissing, that this machine lacks what it needs.
	Do func(ctx context.Context, s Servers, n *Notes) error
}

// An ErrMissing says what a machine lacks for a probe, and how to get it.
type ErrMissing struct{ Reason string }

// Error implements error.
func (e ErrMissing) Error() string { return e.Reason }
