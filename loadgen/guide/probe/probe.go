// Package probe asks what cannot be read off a latency: which way messages flow,
// what is spoken on the wire, who comes back after a connection broke, whether bytes
// survive. A Probe does one such thing to the reference servers and notes what it
// saw; it judges nothing. What needs a real browser is in package browser.
package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"

	"rtbench/proto"
	"rtbench/report/result"
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
type ErrMissing struct{ What string }

// Error implements error.
func (e ErrMissing) Error() string { return e.What }

// Notes gather what a probe sees. They belong to one goroutine.
type Notes struct {
	probe   string
	started time.Time
	seen    []result.Observation
	log     []string
}

// NewNotes returns empty notes of the probe of that name.
func NewNotes(probe string) *Notes { return &Notes{probe: probe, started: time.Now()} }

// Figure notes a figure. fact is SUBJECT/FACT; the words say what was seen.
func (n *Notes) Figure(fact string, value float64, unit, format string, args ...any) {
	n.seen = append(n.seen, result.Observation{ID: n.probe + "/" + fact, Value: value, Unit: unit, Seen: fmt.Sprintf(format, args...)})
}

// Answer notes the answer to a yes-or-no question.
func (n *Notes) Answer(fact string, yes bool, format string, args ...any) {
	v := 0.0
	if yes {
		v = 1
	}
	n.Figure(fact, v, "", format, args...)
}

// Logf adds a line, with the time since the probe began, to the probe's own account.
func (n *Notes) Logf(format string, args ...any) {
	n.log = append(n.log, fmt.Sprintf("%8.3f s  ", time.Since(n.started).Seconds())+fmt.Sprintf(format, args...))
}

// Observations are those noted so far; the slice is the notes' own.
func (n *Notes) Observations() []result.Observation { return n.seen }

// Log is the account so far; the slice is the notes' own.
func (n *Notes) Log() []string { return n.log }
