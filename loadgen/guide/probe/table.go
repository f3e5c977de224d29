package probe

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"rtbench/proto"
)

// All lists the probes that need no browser.
var All = []Probe{
	{"direction", "Sends 2,000 messages back to back on one stream of each protocol while receiving the replies.", withTimeout(probeDirection)},
	{"protocol", "Opens each protocol by hand over the transports it is specified for and over others.", withTimeout(probeProtocol)},
	{"binary", "Echoes messages of all byte values and of random bytes, and compares them bit for bit.", withTimeout(probeBinary)},
	{"reconnect", "Cuts the connection of a client of each protocol and watches whether the client reconnects.", withTimeout(probeReconnect)},
	{"setup", "Opens a stream, echoes one message and counts the bytes on the wire; then repeats it with the server's bytes delayed.", withTimeout(probeSetup)},
}

const (
	probeTimeout = 30 * time.Second
	stepTimeout  = 10 * time.Second
)

// withTimeout adds a deadline to a probe.
func withTimeout(do func(context.Context, Servers, *Notes) error) func(context.Context, Servers, *Notes) error {
	return func(ctx context.Context, s Servers, n *Notes) error {
		ctx, cancel := context.WithTimeout(ctx, probeTimeout)
		defer cancel()
		return do(ctx, s, n)
	}
}

// step runs one part of a probe with a deadline and logs its start and its error.
func step(ctx context.Context, n *Notes, name string, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	n.Logf("%s", name)
	if err := do(ctx); err != nil {
		n.Logf("failed: %v", err)
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
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

// address returns the server's address for a protocol.
func address(i proto.Info, protocol string) (string, error) {
	if a := i.Addresses[protocol]; a != "" {
		return a, nil
	}
	return "", fmt.Errorf("the server has no address for %s", protocol)
}

// median returns the upper median of v, which must not be empty.
func median[T cmp.Ordered](v []T) T {
	sorted := slices.Sorted(slices.Values(v))
	return sorted[len(sorted)/2]
}
