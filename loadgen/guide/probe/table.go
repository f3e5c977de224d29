package probe

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"rtbench/proto"
)

// All lists the probes that need no browser, in the order of the questions that one
// asks of a protocol: what flows which way, by what, whole or not, what then breaks,
// and what it takes to begin.
var All = []Probe{
	{"direction", "2,000 messages go up one stream of each protocol, one after the other, while the answers come down.", withTimeout(probeDirection)},
	{"protocol", "Each protocol is opened by hand on the wire, over what it is said to run on and over what it is not.", withTimeout(probeProtocol)},
	{"binary", "Messages of every byte value and of random bytes go up and come back, and are compared bit for bit.", withTimeout(probeBinary)},
	{"reconnect", "The connection is cut below a client of each protocol, which is then left alone.", withTimeout(probeReconnect)},
	{"setup", "A stream is opened and one message echoed, and what the wire carried for it is counted; then the same over a wire on which every answer is late.", withTimeout(probeSetup)},
}

const (
	probeTimeout = 30 * time.Second
	stepTimeout  = 10 * time.Second
)

// withTimeout gives a probe its deadline.
func withTimeout(do func(context.Context, Servers, *Notes) error) func(context.Context, Servers, *Notes) error {
	return func(ctx context.Context, s Servers, n *Notes) error {
		ctx, cancel := context.WithTimeout(ctx, probeTimeout)
		defer cancel()
		return do(ctx, s, n)
	}
}

// step gives one part of a probe its deadline, and says in the account that it begins
// and how it ended.
func step(ctx context.Context, n *Notes, what string, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	n.Logf("%s", what)
	if err := do(ctx); err != nil {
		n.Logf("failed: %v", err)
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// A subject is a protocol that the probes look at.
type subject struct {
	protocol   string
	name       string // in a sentence
	sendFact   string // what a Send is: the fact of its duration
	sendPhrase string // the same in a sentence
}

var subjects = []subject{
	{"websocket", "WebSocket", "send", "A Send"},
	{"sse", "SSE over HTTP/1.1", "post", "A POST and its answer"},
	{"sse-h2", "SSE over HTTP/2", "post", "A POST and its answer"},
	{"grpc", "gRPC", "send", "A Send"},
}

// address is where a server listens for a protocol.
func address(i proto.Info, protocol string) (string, error) {
	if a := i.Addresses[protocol]; a != "" {
		return a, nil
	}
	return "", fmt.Errorf("the server has no address for %s", protocol)
}

// median returns the upper of the middle ones; v has at least one.
func median[T cmp.Ordered](v []T) T {
	sorted := slices.Sorted(slices.Values(v))
	return sorted[len(sorted)/2]
}
