package target_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/target"
)

var discard = log.New(io.Discard, "", 0)

// An authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// issue returns a certificate for name, signed by a, or self-signed if a is nil.
func (a *authority) issue(t *testing.T, name string, addresses ...net.IP) (*authority, tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IPAddresses: addresses,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
		IsCA: a == nil, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if a == nil {
		a = &authority{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key}, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// store writes a certificate and its key as PEM files.
func store(t *testing.T, dir, name string, c tls.Certificate) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, name+".pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})))
	write(t, dir, name+"-key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
}

// certificates writes the certificates of an authority, a client and a stranger to dir. It
// returns two server configurations: one accepts everybody, the other requires client
// certificates.
func certificates(t *testing.T, dir string) (open, asking *tls.Config) {
	t.Helper()
	ours, root := (*authority)(nil).issue(t, "ours")
	_, theirs := (*authority)(nil).issue(t, "theirs")
	_, server := ours.issue(t, "chat.example", net.IPv4(127, 0, 0, 1))
	_, client := ours.issue(t, "client seven")
	for name, c := range map[string]tls.Certificate{"ca": root, "stranger": theirs, "client": client} {
		store(t, dir, name, c)
	}
	pool := x509.NewCertPool()
	pool.AddCert(ours.cert)
	open = &tls.Config{Certificates: []tls.Certificate{server}}
	asking = &tls.Config{Certificates: open.Certificates, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
	return open, asking
}

func TestTLS(t *testing.T) {
	dir := t.TempDir()
	open, asking := certificates(t, dir)
	for _, c := range []struct {
		name, tls string
		server    *tls.Config
		class     string // empty: success; "?": any failure
		client    string
	}{
		{"own authority", "{ca: ca.pem}", open, "", ""},
		{"the system's", "{}", open, "TLS: unknown authority", ""},
		{"another authority", "{ca: stranger.pem}", open, "TLS: unknown authority", ""},
		{"name of the certificate", "{ca: ca.pem, server_name: chat.example}", open, "", ""},
		{"another name", "{ca: ca.pem, server_name: chat.invalid}", open, "TLS: wrong host name", ""},
		{"insecure", "{insecure: true}", open, "", ""},
		{"insecure, another name", "{insecure: true, server_name: chat.invalid}", open, "", ""},
		{"client's certificate", "{ca: ca.pem, cert: client.pem, key: client-key.pem}", asking, "", "client seven"},
		{"client's certificate not asked for", "{ca: ca.pem, cert: client.pem, key: client-key.pem}", open, "", ""},
		{"no client's certificate", "{ca: ca.pem}", asking, "?", ""},
		{"versions in common", "{ca: ca.pem, min: 1.2, max: 1.2}", upTo(open, tls.VersionTLS12), "", ""},
		{"too old a server", "{ca: ca.pem, min: 1.3}", upTo(open, tls.VersionTLS12), "TLS: handshake refused", ""},
		{"a stranger's certificate", "{ca: ca.pem, cert: stranger.pem, key: stranger-key.pem}", asking, "?", ""},
	} {
		for _, protocol := range protocols {
			t.Run(c.name+"/"+protocol, func(t *testing.T) {
				t.Parallel()
				address, visits := serve(t, protocol, c.server.Clone())
				text := "tls: " + c.tls
				if c.tls == "{}" {
					text = ""
				}
				connect, _ := visitor(t, scenario(t, dir, protocol, address, true, text))
				err := connect()
				switch {
				case c.class == "" && err != nil:
					t.Fatal(err)
				case c.class == "":
					if got := next(t, visits).client; got != c.client {
						t.Errorf("the server saw %q, want %q", got, c.client)
					}
				case err == nil:
					t.Error("it is opened")
				case c.class != "?" && driver.Class(err) != c.class:
					t.Errorf("%q (%v), want %q", driver.Class(err), err, c.class)
				}
			})
		}
	}
}

func upTo(c *tls.Config, version uint16) *tls.Config {
	c = c.Clone()
	c.MaxVersion = version
	return c
}

// CheckCustom reports errors in files before anything is run.
func TestTLSFiles(t *testing.T) {
	dir := t.TempDir()
	certificates(t, dir)
	write(t, dir, "text.pem", "no certificate")
	for text, want := range map[string]string{
		"{ca: none.pem}":                                      "target.tls.ca: open " + filepath.Join(dir, "none.pem"),
		"{ca: text.pem}":                                      "target.tls.ca: text.pem has no certificate in PEM form",
		"{cert: client.pem, key: none.pem}":                   "target.tls.cert and key: open ",
		"{cert: client.pem, key: stranger-key.pem}":           "target.tls.cert and key: tls: private key does not match",
		"{ca: ca.pem, cert: text.pem, key: client-key.pem}":   "target.tls.cert and key: tls: failed to find any PEM data",
		"{ca: ca.pem, cert: client.pem, key: client-key.pem}": "",
	} {
		for _, protocol := range protocols {
			err := target.CheckCustom(scenario(t, dir, protocol, "127.0.0.1:1", true, "tls: "+text))
			if (err == nil) != (want == "") || (err != nil && !strings.HasPrefix(err.Error(), want)) {
				t.Errorf("%s, %s: %v, want %s", protocol, text, err, want)
			}
		}
	}
}
