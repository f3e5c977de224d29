package server

import (
	"fmt"
	"net"
	"strings"

	"rtbench/proto"
)

// A service serves a protocol at its address. stop closes its socket and connections and waits for their goroutines.
type service interface {
	open(s *Server, protocol string) (address string, stop func(), err error)
}

// overTCP serves the connections of a listener until stop.
type overTCP func(s *Server, l net.Listener) (stop func())

func (serve overTCP) open(s *Server, protocol string) (address string, stop func(), err error) {
	l, err := s.listen(protocol)
	if err != nil {
		return "", nil, err
	}
	counted := &listener{Listener: l, stats: &s.stats, limit: int64(s.cfg.MaxConnections)}
	return l.Addr().String(), serve(s, counted), nil
}

// stacks has one row per row of proto.Stacks that servers have, in the same order.
var stacks = []struct {
	protocol, stack string
	service         service
}{
	{"tcp", proto.Stock, overTCP(serveBufio)},
	{"tcp", proto.Lean, overTCP(serveTCP)},
	{"websocket", proto.Stock, overTCP(serveGobwas)},
	{"websocket", proto.Lean, overTCP(serveWebSocket)},
	{"websocket", proto.Gorilla, overTCP(serveGorilla)},
	{"websocket", proto.Coder, overTCP(serveCoder)},
	{"sse", proto.Stock, overTCP(serveFastHTTP)},
	{"sse", proto.Lean, overTCP(serveSSE)},
	{"sse", proto.NetHTTP, overTCP(serveNetHTTP)},
	{"sse-h2", proto.Stock, overTCP(serveNetHTTP2)},
	{"sse-h2", proto.Lean, overTCP(serveLeanSSEH2)},
	{"grpc", proto.Stock, overTCP(serveGRPC)},
	{"grpc", proto.Lean, overTCP(serveLeanGRPC)},
	{"websocket-h2", proto.Lean, overTCP(serveWebSocketH2)},
	{"long-poll", proto.Stock, overTCP(serveLongPoll)},
	{"sse-h3", proto.Stock, overQUIC(serveSSEH3)},
	{"webtransport", proto.Stock, overQUIC(serveWebTransport)},
	{"mqtt", proto.Stock, overTCP(serveMQTT)},
}

// servedBy returns what serves a protocol with a stack.
func servedBy(protocol, stack string) service {
	for _, row := range stacks {
		if row.protocol == protocol && row.stack == stack {
			return row.service
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
