//go:build linux

package acceptance

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
	"rtbench/proto"
	"rtbench/proto/benchpb"
)

// openEcho opens an echo on a new channel and waits for the server's header.
func openEcho(ctx context.Context, t *testing.T, address string) error {
	t.Helper()
	channel, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = channel.Close() })
	ctx = metadata.AppendToOutgoingContext(ctx, proto.MetadataKey, "pattern=echo")
	st, err := channel.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, benchpb.Bench_Echo_FullMethodName)
	if err != nil {
		t.Fatal(err)
	}
	if header, err := st.Header(); err != nil || header != nil {
		return err
	}
	return st.RecvMsg(new(benchpb.Message))
}

// The reference server limits the number of streams on all connections together and refuses
// others with a reason.
func TestReferenceServerLimitsStreams(t *testing.T) {
	t.Parallel()
	const most = 5
	info := serve(t, "--max-streams", fmt.Sprint(most))
	if info.MaxStreams != most {
		t.Errorf("the server announces %d streams, want %d", info.MaxStreams, most)
	}
	for range most {
		if err := openEcho(t.Context(), t, info.Addresses["grpc"]); err != nil {
			t.Fatal(err)
		}
	}
	if err := openEcho(t.Context(), t, info.Addresses["grpc"]); status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "--max-streams") {
		t.Errorf("an excess stream returned %v, want RESOURCE_EXHAUSTED", err)
	}
	var http2 http.Protocols
	http2.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: &http2}}
	for i := range most + 1 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+info.Addresses["sse-h2"]+"/bench?pattern=echo", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		if want := map[bool]int{true: 200, false: 503}[i < most]; response.StatusCode != want {
			t.Errorf("stream %d returned HTTP status %d, want %d", i+1, response.StatusCode, want)
		}
	}
}

// A run with too many streams for a reference server is rejected before it starts, with the
// next step.
func TestRunExceedsReferenceServersStreams(t *testing.T) {
	t.Parallel()
	info := serve(t, "--max-streams", "5")
	s := newSession(t, nil)
	for _, protocol := range []string{"grpc", "sse-h2"} {
		o := s.rtbench("run", "echo", "--quick", "--target", info.Control, "--quiet", "--out", protocol,
			"--set", "protocols="+protocol, "--set", "load.connections=2", "--set", "load.streams=3").wantCode(1)
		want := "the scenario has 6 streams over " + protocol + ", but the server at " + info.Control + " allows 5: start it with --max-streams 6"
		if !strings.Contains(o.Stderr, want) {
			t.Errorf("%s: got %s, want %s", protocol, o.Stderr, want)
		}
	}
}

// If a server allows fewer streams per connection than the scenario has, the run ends while
// connecting, with the limit and the next step. Otherwise the excess streams would wait until
// they time out.
func TestServersStreamLimit(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	events := func(s *thirdparty.Server) string {
		return fmt.Sprintf("sse-h2: %q, tls: {ca: %q}", s.URL("http", "/events"), s.Files.CA)
	}
	posts := func(s *thirdparty.Server) string {
		return fmt.Sprintf("%s, tls: {ca: %q}", strings.Replace(sessionTarget(s), "sse:", "sse-h2:", 1), s.Files.CA)
	}
	for _, c := range []struct {
		server, pattern string
		target          func(*thirdparty.Server) string
		most, streams   int
		want            string // empty if it runs
	}{
		{"node-grpc", "echo", onChat("Talk"), 10, 11, "the server allows 10 streams per connection"},
		{"node-grpc", "echo", onChat("Talk"), 10, 10, ""},
		{"node-grpc", "echo", onChat("Ask"), 1, 2, "the server allows 1 streams per connection"},
		{"node-grpc", "echo", onChat("Ask"), 1, 1, ""},
		{"grpcio", "push", onChat("Watch"), 3, 5, "the server allows 3 streams per connection"},
		{"grpcio", "echo", onChat("Talk"), 3, 3, ""},
		{"nginx", "push", events, 4, 5, "the server allows 4 streams per connection"},
		{"nginx", "push", events, 4, 4, ""},
		{"nginx", "echo", posts, 4, 4, "needs 4 and more for POSTs over sse-h2: use load.streams: 3"},
	} {
		t.Run(fmt.Sprintf("%s %s %d of %d", c.server, c.pattern, c.streams, c.most), func(t *testing.T) {
			t.Parallel()
			server := thirdparty.StartLimited(t, c.server, c.most)
			sc := scenario{
				pattern: c.pattern, target: c.target(server), load: fmt.Sprintf("connections: 2, streams: %d", c.streams),
				phases: "warmup: 0s, steady: 500ms, drain: 1s",
			}
			if c.pattern == "echo" {
				sc.load += ", rate: 100/s"
				sc.more = numbered
			}
			rep, o := newSession(t, nil).measure(sc)
			if !strings.Contains(rep.Error, c.want) || c.want == "" && (rep.Error != "" || rep.Counters.AllReceived == 0) {
				t.Errorf("got %q, %+v, want %q\n%s", rep.Error, rep.Counters, c.want, o.Stderr)
			}
			if c.want != "" && !strings.Contains(o.Stdout+o.Stderr, c.want) {
				t.Errorf("want %q in\n%s%s", c.want, o.Stdout, o.Stderr)
			}
		})
	}
}
