// Package drivers lists the protocols that the load generator speaks, in one table.
package drivers

import (
	"fmt"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/grpc"
	"rtbench/loadgen/driver/sse"
	"rtbench/loadgen/driver/tcp"
	"rtbench/loadgen/driver/websocket"
	"rtbench/proto"
)

type row struct {
	Name string
	// New returns a driver for all kinds of targets. It does not connect yet.
	New func(driver.Target) driver.Driver
	// Reference returns the endpoint of a call to a reference server.
	Reference func(address string, secure bool, c proto.Call) *driver.Endpoint
}

// table lists the protocols in the order of proto.Protocols.
var table = []row{
	{Name: "tcp", New: tcp.New, Reference: tcp.Reference},
	{Name: "websocket", New: websocket.New, Reference: websocket.Reference},
	{Name: "sse", New: sse.New, Reference: sse.Reference},
	{Name: "sse-h2", New: sse.NewHTTP2, Reference: sse.ReferenceHTTP2},
	{Name: "grpc", New: grpc.New, Reference: grpc.Reference},
	{Name: "grpc-lean", New: grpc.NewLean, Reference: grpc.Reference},
}

func find(protocol string) (row, error) {
	for _, r := range table {
		if r.Name == protocol {
			return r, nil
		}
	}
	return row{}, fmt.Errorf("no driver for protocol %q; expected one of %v", protocol, proto.ProtocolNames())
}

// New returns a driver for all kinds of targets. It does not connect yet.
func New(protocol string, t driver.Target) (driver.Driver, error) {
	r, err := find(protocol)
	if err != nil {
		return nil, err
	}
	return r.New(t), nil
}

// Reference returns the endpoint of a call to the reference server at an address, with TLS if secure.
// It is nil if there is no such protocol.
func Reference(protocol, address string, secure bool, c proto.Call) *driver.Endpoint {
	r, err := find(protocol)
	if err != nil {
		return nil
	}
	return r.Reference(address, secure, c)
}
