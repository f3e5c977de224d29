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
)

// guarded runs a program that ignores standard input and ends it at the end of standard input.
const guarded = `exec 9<&0
{ cat; kill -TERM $$; } <&9 9<&- 3<&- >/dev/null 2>&1 &
exec "$@" 9<&-`

// proxy starts nginx in front of the server named by r.behind, and uses that server's ledger.
func (s *Server) proxy(t testing.TB, dir string, r row, maxStreams int) {
	t.Helper()
	backend := Start(t, r.behind)
	s.TLS, s.counting = true, backend.counting
	// nginx inherits a listener that is already open, as on a binary upgrade, so no other
	// process can take the port.
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
		"@MAX_STREAMS@", strconv.Itoa(cmp.Or(maxStreams, 128)), // nginx's default is 128
		"@CERT@", s.Files.Cert, "@KEY@", s.Files.Key, "@CA@", s.Files.CA).Replace(string(text))
	if err := os.WriteFile(config, []byte(filled), 0o644); err != nil {
		t.Fatal(err)
	}
	command := append([]string{"/bin/sh", "-c", guarded, "sh"}, r.command...)
	command = append(command, "-e", "stderr", "-p", dir, "-c", config)
	p := startProcess(t, dir, []string{"NGINX=3;"}, []*os.File{handed}, command...)
	// Without our copies, dials are refused once nginx has ended.
	_ = listener.Close()
	handed.Close()
	s.shakeHands(t, p)
	s.PID = worker(t, p.pid())
}

// worker returns the process id of nginx's worker, a child of master.
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
	t.Fatalf("nginx has no worker among its children %s", children)
	return 0
}

// shakeHands waits until the server completes a TLS handshake.
func (s *Server) shakeHands(t testing.TB, p *process) {
	t.Helper()
	dialer := &tls.Dialer{Config: s.ClientTLS(t), NetDialer: &net.Dialer{Timeout: patience}}
	within(t, s.Name+" does not respond", func() bool {
		c, err := dialer.DialContext(t.Context(), "tcp", s.Host)
		if err == nil {
			return c.Close() == nil
		}
		select {
		case <-p.ended:
			t.Fatalf("%s ended: %v; %v", s.Name, p.cmd.ProcessState, err)
		default:
		}
		return false
	})
}
