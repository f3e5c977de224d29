package probe

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// All lists the probes that need no browser.
var All = []Probe{
	{"direction", "Sends 2,000 messages back to back on one stream of each protocol while receiving the replies.", inOrder(
		each("both directions at once over", measureDirection),
		[]step{
			{"a WebSocket client that only listens", probeUnsolicited},
			{"bytes sent up an open event stream", byHand("sse", probeUpstreamBytes)},
		},
	)},
	{"protocol", "Opens each protocol by hand over the transports it is specified for and over others.", inOrder(
		[]step{
			{"WebSocket handshake in cleartext", byHand("websocket", upgrade("websocket/ws"))},
			{"WebSocket handshake over TLS", byHand("websocket", upgrade("websocket/wss"), "http/1.1")},
			{"SSE over HTTP/1.1 in cleartext", byHand("sse", stream("sse/http1", "HTTP/1.1"))},
			{"SSE over HTTP/1.1 with TLS", byHand("sse", stream("sse/http1-tls", "HTTP/1.1"), "http/1.1")},
			{"SSE over HTTP/1.0 in cleartext", byHand("sse", stream("sse/http10", "HTTP/1.0"))},
			{"SSE over HTTP/2 in cleartext", streamHTTP2("sse/http2-cleartext", false)},
			{"SSE over HTTP/2 with TLS", streamHTTP2("sse/http2-alpn", true)},
			{"gRPC over HTTP/2 in cleartext", callOver("grpc/http2", false)},
			{"gRPC over HTTP/2 with TLS", callOver("grpc/http2-tls", true)},
			{"gRPC over HTTP/1.1 in cleartext", byHand("grpc", callHTTP1)},
			{"gRPC over HTTP/1.1 with TLS", callHTTP1TLS},
		},
	)},
	{"binary", "Echoes messages of all byte values and of random bytes, and compares them bit for bit.", inOrder(
		each("bytes over", echoBytes),
		[]step{
			{"raw bytes as event data", probeRawEvents},
			{"base64", measureBase64},
		},
	)},
	{"reconnect", "Cuts the connection of a client of each protocol and watches whether the client reconnects.", inOrder(
		[]step{
			{"cutting a WebSocket of gobwas/ws", throughProxy("websocket", cutWebSocket)},
			{"cutting a grpc-go channel under a stream", throughProxy("grpc", cutChannel)},
			{"cutting grpc-go's FetchData mid-stream", throughProxy("grpc", cutFetchData)},
			{"cutting an event stream of net/http", throughProxy("sse", cutEvents)},
			{"resuming an event stream", throughProxy("sse", resumeEvents)},
		},
	)},
	{"setup", "Opens a stream, echoes one message and counts the bytes on the wire; then repeats it with the server's bytes delayed.", inOrder(
		each("opening", measureSetup),
	)},
}

const (
	probeTimeout = 30 * time.Second
	stepTimeout  = 10 * time.Second
)

// A do runs a part of a probe and records its observations.
type do func(ctx context.Context, s Servers, n *Notes) error

// inOrder runs steps one after the other with a deadline for all.
func inOrder(steps ...[]step) do {
	return func(ctx context.Context, s Servers, n *Notes) error {
		ctx, cancel := context.WithTimeout(ctx, probeTimeout)
		defer cancel()
		for _, st := range slices.Concat(steps...) {
			if err := st.run(ctx, s, n); err != nil {
				return err
			}
		}
		return nil
	}
}

// A step is one part of a probe.
type step struct {
	name string
	do   do
}

// run runs the step with a deadline, and logs its start and its error. Observations after the
// deadline do not count.
func (st step) run(ctx context.Context, s Servers, n *Notes) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	n.Logf("%s", st.name)
	before := len(n.observations)
	err := st.do(ctx, s, n)
	if err == nil && ctx.Err() != nil {
		n.observations, err = n.observations[:before], ctx.Err()
	}
	if err != nil {
		n.Logf("failed: %v", err)
		return fmt.Errorf("%s: %w", st.name, err)
	}
	return nil
}

// each returns a step for each subject.
func each(name string, measure func(context.Context, Servers, *Notes, subject) error) []step {
	var all []step
	for _, sub := range subjects {
		all = append(all, step{name + " " + sub.name, func(ctx context.Context, s Servers, n *Notes) error { return measure(ctx, s, n, sub) }})
	}
	return all
}

// A subject is a protocol under test.
type subject struct {
	protocol   string
	name       string // for use in a sentence
	sendFact   string // the fact that reports the duration of a Send
	sendPhrase string // the same for use in a sentence
}

var subjects = []subject{
	{"websocket", "WebSocket", "send", "A Send"},
	{"sse", "SSE over HTTP/1.1", "post", "A POST and its response"},
	{"sse-h2", "SSE over HTTP/2", "post", "A POST and its response"},
	{"grpc", "gRPC", "send", "A Send"},
}

// median returns the upper median of v, which must not be empty.
func median[T cmp.Ordered](v []T) T {
	sorted := slices.Sorted(slices.Values(v))
	return sorted[len(sorted)/2]
}
