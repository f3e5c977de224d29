//go:build linux

package loadgen

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"
	"google.golang.org/grpc"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/faulty"
	"rtbench/internal/testserver/loopback"
	"rtbench/proto/framing"
	"rtbench/report/result"
)

// lineServer echoes lines, except on its first connection, which it does not read.
func lineServer(t *testing.T) (address string) {
	t.Helper()
	var connections atomic.Int64
	return "tcp://" + loopback.Serve(t, func(nc net.Conn) {
		if connections.Add(1) == 1 {
			<-t.Context().Done()
			return
		}
		_, _ = io.Copy(nc, bufio.NewReader(nc))
	})
}

// callServer echoes messages, except on its first call, which it does not read.
func callServer(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var calls atomic.Int64
	s := grpc.NewServer(grpc.ForceServerCodecV2(framing.BenchCodec{}), grpc.UnknownServiceHandler(func(_ any, st grpc.ServerStream) error {
		if calls.Add(1) == 1 {
			<-st.Context().Done()
		}
		for m := new(framing.BenchMessage); ; {
			if err := st.RecvMsg(m); err != nil {
				return nil //nolint:nilerr // the client's end
			}
			if err := st.SendMsg(m); err != nil {
				return err
			}
		}
	}))
	ended := make(chan struct{})
	go func() { defer close(ended); _ = s.Serve(l) }()
	t.Cleanup(func() { s.Stop(); <-ended })
	return "grpc://" + l.Addr().String()
}

// secureServer echoes messages over TLS, except on its first connection, which it does not read.
func secureServer(t *testing.T) (address string) {
	t.Helper()
	var connections atomic.Int64
	left := make(chan struct{})
	var serving sync.WaitGroup
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		serving.Add(1)
		defer serving.Done()
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		if connections.Add(1) == 1 {
			<-left
			return
		}
		c.SetReadLimit(1 << 20)
		for {
			kind, p, err := c.Read(context.Background())
			if err != nil || c.Write(context.Background(), kind, p) != nil {
				return
			}
		}
	}))
	t.Cleanup(func() { close(left); serving.Wait(); s.Close() })
	return "wss" + strings.TrimPrefix(s.URL, "https")
}

// A server that stops reading one stream does not block the others. The run ends in time, only
// sent messages count as sent, and the verdict blames the server, not the generator.
func TestStalledStreamDoesNotBlockOthers(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	proto := filepath.Join(t.TempDir(), "faulty.proto")
	if err := os.WriteFile(proto, []byte(faulty.Proto), 0o600); err != nil {
		t.Fatal(err)
	}
	// A pacer blocked by one gRPC stream would have sent about four messages on each of the
	// others.
	const wanted = 60
	long := strings.Repeat("x", 60000)
	for name, c := range map[string]struct {
		server           func(*testing.T) string
		target, messages string
	}{
		"a loop":     {lineServer, "{tcp: '%s'}", long},
		"TLS":        {secureServer, "{websocket: '%s', tls: {insecure: true}}", long},
		"goroutines": {callServer, "{grpc: {url: '%s" + faulty.Method + "', proto: ['" + proto + "'], import: ['" + filepath.Dir(proto) + "']}}", `'{"payload":"` + long + `"}'`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rep *result.Repetition
			for _, seconds := range []int{1, 5, 20} { // longer for the same messages, on a busy machine
				rep = runCustom(t, fmt.Sprintf(`
target: %s
pattern: echo
messages: %s
match: order
load: {rate: %d/s, connections: 4}
phases: {warmup: 0s, steady: %ds, drain: 2s}
`, fmt.Sprintf(c.target, c.server(t)), c.messages, 400/seconds, seconds), "")
				if n := rep.Counters; n.Waited > 0 && n.AllReceived >= wanted && 2*n.Sent >= n.Planned {
					break
				}
			}
			n := rep.Counters
			t.Logf("%s %q: %+v, drained for %v, lag p99 %v max %v response p50 %v", rep.Validity.Word(), rep.Validity.Reasons(), n, rep.Phases.Drain, rep.Lag.Quantile(99), rep.Lag.Quantile(100), rep.Response.Quantile(50))
			if n.AllSent != n.AllReceived+n.Lost || n.AllReceived == 0 || n.Lost == 0 || n.AllSent >= n.Planned {
				t.Errorf("sent %d, received %d, lost %d", n.AllSent, n.AllReceived, n.Lost)
			}
			if n.AllReceived < wanted {
				t.Errorf("%d messages came on three streams", n.AllReceived)
			}
			if why := rep.Validity.Reasons(); rep.Validity.Discarded || !strings.Contains(strings.Join(why, "\n"), "the server did not accept the others") || n.NotAttempted > 0 {
				t.Errorf("it is %s, %d waited and %d were not attempted", rep.Validity.Word(), n.Waited, n.NotAttempted)
			}
		})
	}
}
