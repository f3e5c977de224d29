package server

import (
	"fmt"
	"net"
	"strings"

	"rtbench/proto"
)

// stacks has one row per row of proto.Stacks that servers have, in the same order. serve serves a
// protocol; stop closes its listener and connections and waits for their goroutines.
var stacks = []struct {
	protocol, stack string
	serve           func(*Server, net.Listener) (stop func())
}{
	{"tcp", proto.Stock, serveBufio},
	{"tcp", proto.Lean, serveTCP},
	{"websocket", proto.Stock, serveGobwas},
	{"websocket", proto.Lean, serveWebSocket},
	{"websocket", proto.Gorilla, serveGorilla},
	{"websocket", proto.Coder, serveCoder},
	{"sse", proto.Stock, serveFastHTTP},
	{"sse", proto.Lean, serveSSE},
	{"sse", proto.NetHTTP, serveNetHTTP},
	{"sse-h2", proto.Stock, serveNetHTTP2},
	{"sse-h2", proto.Lean, serveLeanSSEH2},
	{"grpc", proto.Stock, serveGRPC},
	{"grpc", proto.Lean, serveLeanGRPC},
	{"websocket-h2", proto.Lean, serveWebSocketH2},
	{"long-poll", proto.Stock, serveLongPoll},
}

// servedBy returns the function that serves a protocol with a stack.
func servedBy(protocol, stack string) func(*Server, net.Listener) (stop func()) {
	for _, row := range stacks {
		if row.protocol == protocol && row.stack == stack {
			return row.serve
		}
	}
	return nil
}

// CheckStack returns an error unless stack is empty or that of a protocol.
func CheckStack(stack string) error {
	for _, row := range stacks {
		if stack == "" || row.stack == stack {
			return nil
		}
	}
	return fmt.Errorf("stack %s: expected one of %s", stack, strings.Join(proto.StackNames(), ", "))
}
