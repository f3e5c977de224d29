//go:build linux

package sse_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
	"rtbench/proto/certificate"
)

// gtlsserver is the example server of ngtcp2 and nghttp3, which serves files over HTTP/3.
const gtlsserver = "/usr/sbin/gtlsserver"

// serveFile serves a file of events with gtlsserver, and returns the target and what ends it and returns its log.
func serveFile(t *testing.T, events string, options ...string) (target drivertest.Target, end func() string) {
	t.Helper()
	if _, err := os.Stat(gtlsserver); err != nil {
		if os.Getenv("RTBENCH_THIRDPARTY") == "require" {
			t.Fatal(err, "run .ci/thirdparty to install it")
		}
		t.Skip(err, "run .ci/thirdparty to install it")
	}
	dir := t.TempDir()
	cert, err := certificate.Issue(nil, &x509.Certificate{}, "test", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	pem, key := certificate.PEM(cert)
	for name, content := range map[string][]byte{"cert.pem": pem, "key.pem": key, "events.sse": []byte(events), "mime.types": []byte("text/event-stream sse\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.LocalAddr().String()
	_, port, _ := net.SplitHostPort(address)
	_ = free.Close()
	options = append(options, "--no-quic-dump", "--no-http-dump", "--mime-types-file=mime.types", "127.0.0.1", port, "key.pem", "cert.pem")
	var log bytes.Buffer
	s := exec.Command(gtlsserver, options...)
	s.Dir, s.Stdout, s.Stderr = dir, &log, &log
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	end = func() string {
		if !ended {
			ended = true
			_ = s.Process.Kill()
			_ = s.Wait()
		}
		return log.String()
	}
	t.Cleanup(func() { end() })
	target = drivertest.CustomTarget(t, "https://"+address, "/events.sse", nil)
	roots := x509.NewCertPool()
	roots.AddCert(cert.Leaf)
	target.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return target, end
}

// A server of ngtcp2 sends what it has, over a network that loses packets, too: every event arrives once and in order.
func TestEventsOfNgtcp2(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	const streams, events = 4, 500
	var file strings.Builder
	for i := range events {
		fmt.Fprintf(&file, "id: %d\ndata: {\"n\":%d,\"pad\":%q}\n\n", i, i, strings.Repeat("x", 100))
	}
	for _, options := range [][]string{nil, {"--tx-loss=0.05", "--rx-loss=0.05"}} {
		target, end := serveFile(t, file.String(), options...)
		d := drivertest.NewCustomDriver(t, "sse-h3", target)
		var st *driver.Stream
		err := drivertest.Bounded(t, "the server's start", func() (err error) {
			for st, err = d.Open(t.Context(), proto.Call{}); driver.Class(err) == proto.ConnectionRefused; {
				st, err = d.Open(t.Context(), proto.Call{}) // it does not listen yet
			}
			return err
		})
		for i := range streams {
			if i > 0 {
				st, err = d.Open(t.Context(), proto.Call{Share: i})
			}
			if err != nil {
				t.Fatal(err)
			}
			for n := range events {
				p, err := st.Recv()
				if want := fmt.Sprintf(`{"n":%d,`, n); err != nil || !bytes.HasPrefix(p, []byte(want)) {
					t.Fatalf("%v: event %d of stream %d: %q, %v", options, n, i, p, err)
				}
			}
			if _, err := st.Recv(); !errors.Is(err, io.EOF) {
				t.Fatalf("%v: the end of stream %d: %v", options, i, err)
			}
			_ = st.Close()
		}
		_ = d.Close()
		if n := strings.Count(end(), "[:path: /events.sse]"); n != streams {
			t.Errorf("%v: the server counted %d requests, want %d", options, n, streams)
		}
	}
}
