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

	"rtbench/proto"
	"rtbench/proto/benchpb"
)

// openEcho opens an echo on a channel of its own and waits for the server's header.
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

// The reference server has so many streams on all its connections and no more; what is beyond
// is refused, and told why.
func TestReferenceServerLimitsStreams(t *testing.T) {
	t.Parallel()
	const most = 5
	info := serve(t, "--max-streams", fmt.Sprint(most))
	if info.MaxStreams != most {
		t.Errorf("the server says that it takes %d streams, want %d", info.MaxStreams, most)
	}
	for range most {
		if err := openEcho(t.Context(), t, info.Addresses["grpc"]); err != nil {
			t.Fatal(err)
		}
	}
	if err := openEcho(t.Context(), t, info.Addresses["grpc"]); status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "--max-streams") {
		t.Errorf("one stream too many is answered by %v, want RESOURCE_EXHAUSTED", err)
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
			t.Errorf("stream %d is answered by HTTP status %d, want %d", i+1, response.StatusCode, want)
		}
	}
}

// A run that asks a reference server for more streams than it takes is refused before it
// begins, with what to do.
func TestRunBeyondReferenceServersStreams(t *testing.T) {
	t.Parallel()
	info := serve(t, "--max-streams", "5")
	s := newSession(t, nil)
	for _, protocol := range []string{"grpc", "grpc-lean", "sse-h2"} {
		o := s.rtbench("run", "echo", "--quick", "--target", info.Control, "--quiet", "--out", protocol,
			"--set", "protocols="+protocol, "--set", "load.connections=2", "--set", "load.streams=3").wantCode(1)
		want := "the scenario asks for 6 streams over " + protocol + ", but the server at " + info.Control + " takes 5: start it with --max-streams 6"
		if !strings.Contains(o.Stderr, want) {
			t.Errorf("%s: got %s, want %s", protocol, o.Stderr, want)
		}
	}
}
