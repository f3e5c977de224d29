// Package probe records facts that latency does not show: in which directions messages flow,
// which protocols are spoken on the wire, which clients reconnect, and whether bytes arrive
// unchanged. A Probe tests one such subject against the reference servers and records its
// observations without judging them. Package browser tests what only a real browser can show.
package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"

	"rtbench/loadgen/driver"
	"rtbench/proto"
)

// User is the user whose token the servers announce in Info.Tokens.
const User = "rtbench"

// Servers describes the two reference servers, one in cleartext and one with TLS. Their event
// streams send an event every 100 ms.
type Servers struct{ Plain, TLS proto.Info }

// target returns the server's port for a protocol, with connections through t. It trusts only the
// certificate of s.TLS.
func (s Servers) target(protocol string, secure bool, t *tap) driver.Target {
	if !secure {
		return driver.Target{Address: s.Plain.Addresses[protocol], Dial: t.dial}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(s.TLS.Certificate))
	return driver.Target{Address: s.TLS.Addresses[protocol], Dial: t.dial, TLS: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
}

// A Probe tests one subject.
type Probe struct {
	// Name identifies the probe and is the prefix of its observations' IDs.
	Name string
	// About describes the procedure in one sentence.
	About string
	// Do runs the probe and records its observations. It returns an error if the probe could
	// not run, an ErrMissing if a prerequisite is not installed.
	Do func(ctx context.Context, s Servers, n *Notes) error
}

// An ErrMissing names a prerequisite that is not installed and how to get it.
type ErrMissing struct{ Reason string }

// Error implements error.
func (e ErrMissing) Error() string { return e.Reason }
