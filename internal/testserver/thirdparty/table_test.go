//go:build linux

package thirdparty

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rtbench/internal/testrun"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Each server starts with empty counts, knows its process id and ends with its test.
func TestStartsAndEnds(t *testing.T) {
	testrun.OnlyWithAll(t)
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var pid int
			var counting *process
			ok := t.Run("running", func(t *testing.T) {
				s := Start(t, name)
				pid, counting = s.PID, s.counting
				if err := syscall.Kill(pid, 0); err != nil {
					t.Fatalf("process %d: %v", pid, err)
				}
				c, err := net.DialTimeout("tcp", s.Host, patience)
				if err != nil {
					t.Fatal(err)
				}
				c.Close()
				if l := s.Ledger(t); l.Connections != 0 || l.Received != 0 || l.Sent != 0 {
					t.Errorf("it counted %+v before any message", l)
				}
			})
			if ok && pid != 0 && syscall.Kill(pid, 0) == nil {
				t.Errorf("process %d is still running", pid)
			}
			if ok && counting != nil && !counting.cmd.ProcessState.Success() {
				t.Errorf("it ended with %v, expected exit code 0", counting.cmd.ProcessState)
			}
		})
	}
}

// A missing prerequisite skips the test, or fails it if required.
func TestMissingTool(t *testing.T) {
	needs := []tool{program("sh"), program("no-such-program")}
	for _, c := range []struct {
		value           string
		skipped, failed bool
	}{{"", true, false}, {"require", false, true}} {
		t.Setenv("RTBENCH_THIRDPARTY", c.value)
		asked := &asking{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			require(asked, needs)
		}()
		<-done
		if asked.skipped != c.skipped || asked.failed != c.failed {
			t.Errorf("with %q: skipped %v, failed %v", c.value, asked.skipped, asked.failed)
		}
	}
}

// asking records whether the test was skipped or failed.
type asking struct {
	testing.TB
	skipped, failed bool
}

func (a *asking) Helper() {}

func (a *asking) Skipf(string, ...any) {
	a.skipped = true
	runtime.Goexit()
}

func (a *asking) Fatalf(string, ...any) {
	a.failed = true
	runtime.Goexit()
}

func TestTools(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tool tool
		want string
	}{
		{program("sh"), ""},
		{program("no-such-program"), "no-such-program is not installed"},
		{pythonModule("no_such_module"), "/usr/bin/python3 has no module no_such_module"},
		{nodeModule("no-such-module"), "node has no module no-such-module"},
	} {
		if got := c.tool(); got != c.want {
			t.Errorf("got %q, expected %q", got, c.want)
		}
	}
	if !slices.Contains(Names(), "nginx") {
		t.Errorf("servers are %s, expected nginx among them", strings.Join(Names(), ", "))
	}
}

// client speaks HTTP/1.1, or HTTP/2 if http2 is set and the server supports it.
func client(t *testing.T, s *Server, http2 bool) *http.Client {
	t.Helper()
	transport := &http.Transport{ForceAttemptHTTP2: http2, TLSClientConfig: s.ClientTLS(t)}
	if !http2 {
		transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// bounded returns a context with a deadline.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// check compares counts.
func check(t *testing.T, name string, got Counts, connections, received, sent int, closed map[string]int) {
	t.Helper()
	if got.Connections != connections || got.Received != received || got.Sent != sent {
		t.Errorf("%s: %d connections, %d received, %d sent, expected %d, %d, %d", name,
			got.Connections, got.Received, got.Sent, connections, received, sent)
	}
	for code, n := range closed {
		if got.Closed[code] != n {
			t.Errorf("%s: closed %v, expected %v", name, got.Closed, closed)
		}
	}
}
