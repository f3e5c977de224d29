//go:build linux

package thirdparty

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// guarded runs a program that does not read standard input, and ends it when that ends.
const guarded = `exec 9<&0
{ cat; kill -TERM $$; } <&9 9<&- 3<&- >/dev/null 2>&1 &
exec "$@" 9<&-`

// proxy starts nginx before the server that its row names, whose ledger is the ledger.
func (s *Server) proxy(t testing.TB, dir string, r row, maxStreams int) {
	t.Helper()
	backend := Start(t, r.behind)
	s.TLS, s.counting = true, backend.counting
	// The listener is made here and handed over, as to a new binary on an upgrade: no other
	// process can take the port between the choice and its use.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	handed, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer handed.Close()
	s.Host = listener.Addr().String()
	config := filepath.Join(dir, "nginx.conf")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	filled := strings.NewReplacer("@DIR@", dir, "@BACKEND@", backend.Host, "@LISTEN@", s.Host,
		"@MAX_STREAMS@", strconv.Itoa(cmp.Or(maxStreams, 128)), // 128 is its default
		"@CERT@", s.Files.Cert, "@KEY@", s.Files.Key, "@CA@", s.Files.CA).Replace(string(text))
	if err := os.WriteFile(config, []byte(filled), 0o644); err != nil {
		t.Fatal(err)
	}
	command := append([]string{"/bin/sh", "-c", guarded, "sh"}, r.command...)
	command = append(command, "-e", "stderr", "-p", dir, "-c", config)
	p := startProcess(t, dir, []string{"NGINX=3;"}, []*os.File{handed}, command...)
	// Ours are closed, so that a dial is refused where nginx has gone.
	_ = listener.Close()
	handed.Close()
	s.shakeHands(t, p)
	s.PID = worker(t, p.pid())
}

// worker is the process of nginx that does the work, a child of the master.
func worker(t testing.TB, master int) int {
	t.Helper()
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", master, master))
	if err != nil {
		t.Fatal(err)
	}
	for _, child := range strings.Fields(string(children)) {
		line, _ := os.ReadFile("/proc/" + child + "/cmdline")
		if pid, err := strconv.Atoi(child); err == nil && strings.HasPrefix(string(line), "nginx: worker") {
			return pid
		}
	}
	t.Fatalf("nginx has no worker, of its children %s", children)
	return 0
}

// shakeHands waits until the server has answered a TLS handshake.
func (s *Server) shakeHands(t testing.TB, p *process) {
	t.Helper()
	dialer := &tls.Dialer{Config: s.ClientTLS(t), NetDialer: &net.Dialer{Timeout: patience}}
	deadline := time.Now().Add(patience)
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		c, err := dialer.DialContext(t.Context(), "tcp", s.Host)
		if err == nil {
			_ = c.Close()
			return
		}
		select {
		case <-p.ended:
			t.Fatalf("%s ended: %v", s.Name, p.cmd.ProcessState)
		case <-time.After(pause):
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not answer: %v", s.Name, err)
		}
	}
}
