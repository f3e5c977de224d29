package browser

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rtbench/internal/testrun"
	"rtbench/loadgen/guide/probe"
	"rtbench/proto"
	"rtbench/server"
	"rtbench/server/guide"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// fasthttp runs one global clock.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}

// run runs the probe, or skips the test if no browser is installed.
func run(ctx context.Context, t *testing.T, s probe.Servers, n *probe.Notes) error {
	t.Helper()
	err := Probe("").Do(ctx, s, n)
	if missing := (probe.ErrMissing{}); errors.As(err, &missing) {
		t.Skip(err)
	}
	return err
}

// servers starts reference servers as the command does for a probe.
func servers(t *testing.T) probe.Servers {
	t.Helper()
	var both [2]*server.Server
	for i, secure := range []bool{false, true} {
		s, err := server.Start(server.Config{TLS: secure, Guide: guide.Config{Interval: 100 * time.Millisecond}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		both[i] = s
	}
	return probe.Servers{Plain: both[0].Info(), TLS: both[1].Info()}
}

// Checks only facts that do not depend on the speed of the machine.
func TestProbe(t *testing.T) {
	testrun.OnlyWithAll(t)
	n := probe.NewNotes("browser")
	err := run(t.Context(), t, servers(t), n)
	for _, line := range n.Log() {
		t.Log(line)
	}
	seen := map[string]float64{}
	for _, o := range n.Observations() {
		t.Logf("%s = %v %s: %s", o.ID, o.Value, o.Unit, o.Seen)
		if _, twice := seen[o.ID]; twice {
			t.Errorf("%s was recorded twice", o.ID)
		}
		seen[o.ID] = o.Value
	}
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]float64{
		"websocket/open": 1, "websocket/secure": 1, "websocket/text": 1, "websocket/binary": 1,
		"websocket/sends": 1, "eventsource/sends": 0, "eventsource/custom-headers": 0,
		"eventsource/http1": 1, "eventsource/http2": 1,
		"limit/http1": 6, "limit/http2": 20, "limit/websocket": 20,
		"reconnect/eventsource": 1, "reconnect/eventsource-missed": 0, "reconnect/eventsource-duplicates": 0,
		"reconnect/eventsource-position-lost": 1,
		"reconnect/websocket":                 0, "reconnect/websocket-close-code": 1006,
		"binary/eventsource-raw": 0,
		"grpc/server-stream":     1, "grpc/status": 0, "grpc/bidirectional": 0, "grpc/sends-stream-http1": 0,
	} {
		if got, ok := seen["browser/"+id]; !ok || got != want {
			t.Errorf("%s is %v (recorded: %t), want %v", id, got, ok, want)
		}
	}
}

// A failed step is answered no, with the error, and the next step still runs.
func TestFailedSteps(t *testing.T) {
	pages := startTestSite(t, proto.Info{})
	tab, err := openTab(t.Context(), "")
	if missing := (probe.ErrMissing{}); errors.As(err, &missing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer tab.close()
	if err := tab.navigate(pages.plain); err != nil {
		t.Fatal(err)
	}
	v := &session{notes: probe.NewNotes("browser"), site: pages, tab: tab}
	v.servers.TLS.Addresses = map[string]string{"websocket": pages.address} // has no TLS
	for _, s := range []step{
		{"throwing", false, 5 * time.Second, ask("openSocket", chat("wss", "page"), noteOpening("websocket/secure")), []string{"websocket/secure"}},
		{"hanging", false, 100 * time.Millisecond, func(ctx context.Context, v *session) error {
			v.notes.Answer("x/known", true, "Known before the failure.")
			_, err := call[any](ctx, "pause", 60_000)
			return err
		}, []string{"x/known", "x/open"}},
		{"working", false, 5 * time.Second, ask("members", nothing, noteMembers), []string{"websocket/sends"}},
	} {
		if err := v.runStep(s); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, o := range v.notes.Observations() {
		got = append(got, fmt.Sprintf("%s=%v", strings.TrimPrefix(o.ID, "browser/"), o.Value))
		t.Log(o.ID, o.Seen)
	}
	if want := "websocket/secure=0 x/known=1 x/open=0 websocket/sends=1 eventsource/sends=0"; strings.Join(got, " ") != want {
		t.Errorf("recorded %v, want %s", got, want)
	}
	for _, line := range v.notes.Log() {
		t.Log(line)
	}
}

// The probe stops at any moment, along with everything it started; TestMain checks for leaks.
func TestProbeStops(t *testing.T) {
	both := servers(t)
	for _, after := range []time.Duration{0, 100 * time.Millisecond, time.Second, 3 * time.Second} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		defer cancel()
		if err := run(ctx, t, both, probe.NewNotes("browser")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %v: %v, want the context's error", after, err)
		}
	}
}
