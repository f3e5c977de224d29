package probe_test

import (
	"context"
	"maps"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rtbench/internal/testrun"
	"rtbench/loadgen/guide/probe"
	"rtbench/proto"
	"rtbench/report/result"
	"rtbench/server"
	"rtbench/server/guide"
)

// fasthttp's client keeps a goroutine that closes idle connections for some seconds.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*HostClient).connsCleaner"))
}

func servers(t *testing.T) probe.Servers {
	t.Helper()
	start := func(secure bool) proto.Info {
		s, err := server.Start(server.Config{TLS: secure, Guide: guide.Config{Interval: 100 * time.Millisecond}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		i := s.Info()
		i.Addresses = maps.Clone(i.Addresses)
		i.Tokens = map[string]string{probe.User: s.TokenFor(probe.User)}
		return i
	}
	return probe.Servers{Plain: start(false), TLS: start(true)}
}

// seen runs a probe against real servers and returns its observations.
func seen(t *testing.T, name string) map[string]result.Observation {
	t.Helper()
	for _, p := range probe.All {
		if p.Name != name {
			continue
		}
		n := probe.NewNotes(name)
		start := time.Now()
		err := p.Do(t.Context(), servers(t), n)
		t.Logf("took %v", time.Since(start))
		found := map[string]result.Observation{}
		for _, o := range n.Observations() {
			t.Logf("%s = %v %s: %s", o.ID, o.Value, o.Unit, o.Seen)
			if _, twice := found[o.ID]; twice {
				t.Errorf("%s is recorded twice", o.ID)
			}
			found[strings.TrimPrefix(o.ID, name+"/")] = o
		}
		if err != nil || os.Getenv("PROBE_LOG") != "" {
			t.Log("\n" + strings.Join(n.Log(), "\n"))
		}
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	t.Fatalf("unknown probe %s", name)
	return nil
}

// A fact holds on any machine: lowest <= value <= highest.
type fact struct {
	id              string
	lowest, highest float64
}

const endless = math.MaxFloat64

func yes(id string) fact { return fact{id, 1, 1} }
func no(id string) fact  { return fact{id, 0, 0} }

func check(t *testing.T, probe string, facts ...fact) {
	t.Helper()
	t.Parallel()
	found := seen(t, probe)
	for _, f := range facts {
		o, ok := found[f.id]
		if !ok {
			t.Errorf("%s is not recorded", f.id)
			continue
		}
		if o.Value < f.lowest || o.Value > f.highest {
			t.Errorf("%s is %v, want %v to %v: %s", f.id, o.Value, f.lowest, f.highest, o.Seen)
		}
	}
}

func TestDirection(t *testing.T) {
	check(t, "direction",
		fact{"websocket/connections", 1, 1}, fact{"sse/connections", 2, 2}, fact{"sse-h2/connections", 1, 1}, fact{"grpc/connections", 1, 1},
		fact{"websocket/up-while-down", 1, 2000}, fact{"websocket/down-while-up", 1, 2000},
		fact{"grpc/up-while-down", 1, 2000}, fact{"grpc/down-while-up", 1, 2000},
		fact{"sse/up-while-down", 1, 2000}, fact{"sse/down-while-up", 1, 2000},
		fact{"websocket/bytes-up", 70, 70}, fact{"websocket/bytes-down", 66, 66},
		fact{"grpc/bytes-up", 64, 200}, fact{"sse/bytes-up", 120, 1000},
		fact{"sse/stream-bytes-up", 0, 0}, fact{"sse/post", 1, endless}, fact{"websocket/send", 1, endless},
		fact{"websocket/unasked-bytes-up", 0, 0}, yes("sse/up-ignored"),
	)
}

func TestProtocol(t *testing.T) {
	check(t, "protocol",
		yes("websocket/ws"), yes("websocket/wss"),
		yes("sse/http1"), yes("sse/http1-tls"), yes("sse/http10"), yes("sse/http2-cleartext"), yes("sse/http2-alpn"),
		yes("grpc/http2"), yes("grpc/http2-tls"), no("grpc/http1"), no("grpc/http1-tls"),
	)
}

func TestBinary(t *testing.T) {
	check(t, "binary",
		yes("websocket/all-bytes"), yes("sse/all-bytes"), yes("sse-h2/all-bytes"), yes("grpc/all-bytes"),
		yes("websocket/megabyte"), yes("sse/megabyte"), yes("sse-h2/megabyte"), yes("grpc/megabyte"),
		fact{"websocket/overhead", 1, 1.001}, fact{"grpc/overhead", 1, 1.01}, fact{"sse/overhead", 1.33, 1.4}, fact{"sse-h2/overhead", 1.33, 1.4},
		no("sse/raw"), fact{"sse/raw-survived", 10, 10}, fact{"sse/raw-survived-alone", 126, 126}, fact{"sse/encode", 1, endless},
	)
}

func TestReconnect(t *testing.T) {
	testrun.OnlyWithAll(t)
	check(t, "reconnect",
		no("websocket/library"), no("grpc/stream"), yes("grpc/channel"), fact{"grpc/channel-after", 1, endless}, no("grpc/channel-idle"),
		fact{"grpc/missed", 1, 1_000_000}, no("sse/library"), fact{"sse/resume-missed", 0, 0}, fact{"sse/no-resume-missed", 1, endless},
	)
}

func TestSetup(t *testing.T) {
	check(t, "setup",
		fact{"websocket/connections", 1, 1}, fact{"sse/connections", 2, 2}, fact{"sse-h2/connections", 1, 1}, fact{"grpc/connections", 1, 1},
		fact{"websocket/round-trips", 2, 2}, fact{"websocket/round-trips-waited", 2, endless}, fact{"grpc/round-trips-waited", 2, endless},
		fact{"sse/round-trips-waited", 2, endless}, fact{"sse-h2/round-trips-waited", 2, endless},
		fact{"sse/round-trips", 2, endless}, fact{"sse-h2/round-trips", 1, endless}, fact{"grpc/round-trips", 1, endless},
		fact{"websocket/bytes", 128, 2000}, fact{"sse/bytes", 128, 2000}, fact{"sse-h2/bytes", 128, 2000}, fact{"grpc/bytes", 128, 2000},
	)
}

// A canceled probe returns an error.
func TestCanceledProbesFail(t *testing.T) {
	t.Parallel()
	s := servers(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, p := range probe.All {
		if err := p.Do(ctx, s, probe.NewNotes(p.Name)); err == nil {
			t.Errorf("%s: no error with a canceled context", p.Name)
		}
	}
}

// A probe without servers fails and records nothing.
func TestProbesFailWithoutServers(t *testing.T) {
	t.Parallel()
	for _, p := range probe.All {
		n := probe.NewNotes(p.Name)
		if err := p.Do(t.Context(), probe.Servers{}, n); err == nil {
			t.Errorf("%s: no error without servers; observations: %v", p.Name, n.Observations())
		}
	}
}
