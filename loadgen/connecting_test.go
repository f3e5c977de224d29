package loadgen

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"rtbench/report/result"
	"rtbench/scenarios"
)

// slowlyUpgrading echoes over TLS. It takes that long for each upgrade, and refuses attempts after so many.
func slowlyUpgrading(t *testing.T, delay time.Duration, accepts, refuses int64) (address string) {
	t.Helper()
	var attempts atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := attempts.Add(1); n > accepts && n-accepts <= refuses {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		wait := time.NewTimer(delay)
		defer wait.Stop()
		<-wait.C
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		for {
			kind, p, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, p) != nil {
				return
			}
		}
	}))
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	s.StartTLS()
	t.Cleanup(s.Close)
	return "wss" + strings.TrimPrefix(s.URL, "https")
}

// Connect times count from the planned moment, with attempts that were refused, and have their parts where
// rtbench connects itself.
func TestConnectTimes(t *testing.T) {
	t.Parallel()
	const delay, streams, refuses = 60 * time.Millisecond, 10, 3
	for _, plan := range []string{"at-once", "50/s", "180ms"} {
		t.Run(plan, func(t *testing.T) {
			t.Parallel()
			rep := runCustom(t, `
target: {websocket: SERVER, tls: {insecure: true}}
pattern: echo
load: {rate: 100/s, connections: 10, connect: `+plan+`}
phases: {warmup: 0s, steady: 200ms, drain: 2s}
`, slowlyUpgrading(t, delay, 0, refuses))
			c := rep.Connecting
			if c == nil || c.Streams != streams {
				t.Fatalf("%s%+v", rep.Error, c)
			}
			for name, h := range map[string]result.Histogram{"times": c.Time, "TCP": c.TCP, "TLS": c.TLS, "upgrade": c.Upgrade, "since": c.Opened, "lag": c.Lag} {
				if h.Count() != streams {
					t.Errorf("%d %s, want %d", h.Count(), name, streams)
				}
			}
			// Histograms have three digits.
			if least := delay * 99 / 100; c.Upgrade.Quantile(0) < least || c.Time.Quantile(0) < least {
				t.Errorf("an upgrade took %v of %v, and the server takes %v", c.Upgrade.Quantile(0), c.Time.Quantile(0), delay)
			}
			if last, ok := c.Until(100); !ok || plan != "at-once" && last < (160*time.Millisecond+delay)*99/100 {
				t.Errorf("all are open after %v", last)
			}
			if refused := rep.OtherPhases.Connect.Refused; sumOf(refused) != refuses {
				t.Errorf("refused %v, want %d", refused, refuses)
			}
			if slow := c.Time.Beyond(delay + 25*time.Millisecond); slow < 1 { // backoff of at least 25 ms
				t.Errorf("no stream waited for another attempt: %v", c.Time.Max())
			}
		})
	}
}

// All streams of reference servers are counted over each protocol; only a connection for each stream has its
// parts.
func TestConnectTimesOfReferenceServers(t *testing.T) {
	t.Parallel()
	for protocol, streams := range map[string]int64{"tcp": 1, "websocket": 1, "sse": 1, "sse-h2": 4, "grpc": 4} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := parse(t, `{name: x, protocols: `+protocol+`, stack: lean, pattern: push, phases: {warmup: 0s, steady: 100ms, drain: 10s},
				load: {rate: 100/s, connections: 3, streams: `+string(rune('0'+streams))+`, connect: at-once}}`)
			res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "")})
			if err != nil {
				t.Fatal(err)
			}
			rep := res.Cells[0].Repetitions[0]
			c, parts := rep.Connecting, int64(0)
			if streams == 1 {
				parts = 3
			}
			if c == nil || c.Time.Count() != 3*streams || c.TCP.Count() != parts || c.Upgrade.Count() != parts {
				t.Errorf("%s%+v", rep.Error, c)
			}
		})
	}
}

func sumOf(counts map[string]uint64) (sum uint64) {
	for _, n := range counts {
		sum += n
	}
	return sum
}
