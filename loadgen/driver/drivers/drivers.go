// Package drivers lists the protocols that the load generator speaks, and their stacks, in one table.
package drivers

import (
	"fmt"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/grpc"
	"rtbench/loadgen/driver/longpoll"
	"rtbench/loadgen/driver/mqtt"
	"rtbench/loadgen/driver/sse"
	"rtbench/loadgen/driver/tcp"
	"rtbench/loadgen/driver/websocket"
	"rtbench/loadgen/driver/webtransport"
	"rtbench/proto"
)

type row struct {
	Protocol, Stack string
	// New returns a driver for all kinds of targets. It does not connect yet.
	New func(driver.Target) driver.Driver
	// Stateless reports that the driver keeps nothing between streams.
	Stateless bool
	// Reference returns the endpoint of a call to a reference server, whatever its stack.
	Reference func(address string, secure bool, c proto.Call) *driver.Endpoint
}

// table lists the clients in the order of proto.Stacks.
var table = []row{
	{Protocol: "tcp", Stack: proto.Stock, New: tcp.NewStock, Stateless: true, Reference: tcp.Reference},
	{Protocol: "tcp", Stack: proto.Lean, New: tcp.New, Stateless: true, Reference: tcp.Reference},
	{Protocol: "websocket", Stack: proto.Stock, New: websocket.NewGobwas, Stateless: true, Reference: websocket.Reference},
	{Protocol: "websocket", Stack: proto.Lean, New: websocket.New, Stateless: true, Reference: websocket.Reference},
	{Protocol: "websocket", Stack: proto.Gorilla, New: websocket.NewGorilla, Stateless: true, Reference: websocket.Reference},
	{Protocol: "websocket", Stack: proto.Coder, New: websocket.NewCoder, Stateless: true, Reference: websocket.Reference},
	{Protocol: "sse", Stack: proto.Stock, New: sse.NewFastHTTP, Reference: sse.Reference},
	{Protocol: "sse", Stack: proto.Lean, New: sse.New, Reference: sse.Reference},
	{Protocol: "sse", Stack: proto.NetHTTP, New: sse.NewNetHTTP, Reference: sse.Reference},
	{Protocol: "sse-h2", Stack: proto.Stock, New: sse.NewNetHTTP2, Reference: sse.ReferenceHTTP2},
	{Protocol: "sse-h2", Stack: proto.Lean, New: sse.NewHTTP2, Reference: sse.ReferenceHTTP2},
	{Protocol: "grpc", Stack: proto.Stock, New: grpc.New, Reference: grpc.Reference},
	{Protocol: "grpc", Stack: proto.Lean, New: grpc.NewLean, Reference: grpc.Reference},
	{Protocol: "websocket-h2", Stack: proto.Lean, New: websocket.NewHTTP2, Reference: websocket.Reference},
	{Protocol: "long-poll", Stack: proto.Stock, New: longpoll.NewNetHTTP, Reference: longpoll.Reference},
	{Protocol: "sse-h3", Stack: proto.Stock, New: sse.NewHTTP3, Reference: sse.ReferenceHTTP2},
	{Protocol: "webtransport", Stack: proto.Stock, New: webtransport.New, Reference: webtransport.Reference},
	{Protocol: "mqtt", Stack: proto.Stock, New: mqtt.New, Reference: mqtt.Reference},
}

func find(protocol, stack string) (row, error) {
	for _, r := range table {
		if r.Protocol == protocol && r.Stack == stack {
			return r, nil
		}
	}
	return row{}, fmt.Errorf("no driver for protocol %q and stack %q; expected one of %v", protocol, stack, proto.StacksOf(protocol))
}

// New returns a driver for all kinds of targets. It does not connect yet.
func New(protocol, stack string, t driver.Target) (driver.Driver, error) {
	r, err := find(protocol, stack)
	if err != nil {
		return nil, err
	}
	return r.New(t), nil
}

// Stateless reports whether a driver keeps nothing between streams: then each may have a driver of its own, which is
// not needed once it is open.
func Stateless(protocol, stack string) bool {
	r, err := find(protocol, stack)
	return err == nil && r.Stateless
}

// Reference returns the endpoint of a call to the reference server of a stack at an address, with TLS
// if secure. It is nil if there is no such protocol or stack.
func Reference(protocol, stack, address string, secure bool, c proto.Call) *driver.Endpoint {
	r, err := find(protocol, stack)
	if err != nil {
		return nil
	}
	return r.Reference(address, secure, c)
}
