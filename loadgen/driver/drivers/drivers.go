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
	// Multiplexes reports that one connection carries many streams.
	Multiplexes bool
	// New returns a driver for all kinds of targets. It does not connect yet.
	New func(driver.Target) driver.Driver
	// Reference returns the endpoint of a call to a reference server.
	Reference func(address string, secure bool, c proto.Call) *driver.Endpoint
	// NewGuide returns a driver for the guide's API. It carries measured messages inside the messages
	// of that API, so that any server that implements it can be measured. It is nil if the API does
	// not use the protocol.
	NewGuide func(driver.Target) driver.Driver
}

// table lists the protocols in the order of proto.Protocols.
var table = []row{
	{Name: "tcp", New: tcp.New, Reference: tcp.Reference},
	{Name: "websocket", New: websocket.New, Reference: websocket.Reference, NewGuide: websocket.NewGuide},
	{Name: "sse", New: either(sse.New, sse.NewCustom), Reference: callOnly, NewGuide: sse.NewGuide},
	{Name: "sse-h2", Multiplexes: true, New: either(sse.NewHTTP2, sse.NewCustomHTTP2), Reference: callOnly, NewGuide: sse.NewGuideHTTP2},
	{Name: "grpc", Multiplexes: true, New: either(grpc.New, grpc.NewCustom), Reference: callOnly, NewGuide: grpc.NewGuide},
	{Name: "grpc-lean", Multiplexes: true, New: grpc.NewLean, Reference: callOnly},
}

func find(protocol string) (row, error) {
	for _, r := range table {
		if r.Name == protocol {
			return r, nil
		}
	}
	return row{}, fmt.Errorf("no driver for protocol %q; expected one of %v", protocol, proto.ProtocolNames())
}

// New returns a driver for reference servers and custom targets. It does not connect yet.
func New(protocol string, t driver.Target) (driver.Driver, error) {
	r, err := find(protocol)
	if err != nil {
		return nil, err
	}
	return native{r.New(t), protocol}, nil
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

// NewGuide returns a driver for the guide's API, with the patterns of proto.Protocol.Guide. It does
// not connect yet. Except for uploads, its calls must use the text form of messages.
func NewGuide(protocol string, t driver.Target) (driver.Driver, error) {
	r, err := find(protocol)
	if err != nil || r.NewGuide == nil {
		return nil, fmt.Errorf("the guide's API does not use protocol %q", protocol)
	}
	return r.NewGuide(t), nil
}

// Multiplexes reports whether one connection of the protocol carries many streams.
func Multiplexes(protocol string) bool {
	r, _ := find(protocol)
	return r.Multiplexes
}
