//go:build !nofleet

package fleet

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rtbench/proto/certificate"
)

// Over TLS, agents join that trust the certificate of NATS, and no others.
func TestJoiningOverTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	made, err := certificate.Issue(nil, &x509.Certificate{}, "nats", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	certPEM, keyPEM := certificate.PEM(made)
	for file, text := range map[string][]byte{cert: certPEM, key: keyPEM} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Start(t.Context(), Bus{Token: "token-of-the-test"}, Broker{Host: "127.0.0.1", Cert: cert, Key: key}, testVersion, func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	stranger := &Agent{Bus: Bus{URL: c.bus.URL, Token: c.bus.Token}, Name: "stranger", Version: testVersion, Waiting: func(error) {}}
	if err := stranger.Serve(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an agent that does not trust the certificate: %v", err)
	}
	startAgent(t, &Agent{Bus: Bus{URL: c.bus.URL, Token: c.bus.Token, CA: cert}, Name: "friend"})
	gather(t, c, 1)
}
