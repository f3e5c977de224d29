// Package drivers lists the drivers of each protocol, in one table per kind of target.
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

type entry struct {
	protocol    string
	multiplexes bool // one connection carries many streams
	open        func(driver.Target) driver.Driver
}

// reference lists the drivers of the reference servers.
var reference = table{
	{"tcp", false, tcp.New},
	{"websocket", false, websocket.New},
	{"sse", false, sse.New},
	{"sse-h2", true, sse.NewHTTP2},
	{"grpc", true, grpc.New},
	{"grpc-lean", true, grpc.NewLean},
}

// guide lists the drivers of the guide's API. They carry measured messages inside the messages of
// that API, so that any server that implements it can be measured.
var guide = table{
	{"websocket", false, websocket.NewGuide},
	{"sse", false, sse.NewGuide},
	{"sse-h2", true, sse.NewGuideHTTP2},
	{"grpc", true, grpc.NewGuide},
}

// custom lists the drivers of custom targets. They pass message bytes through unchanged.
var custom = table{
	{"tcp", false, tcp.NewCustom},
	{"websocket", false, websocket.NewCustom},
	{"sse", false, sse.NewCustom},
	{"sse-h2", true, sse.NewCustomHTTP2},
	{"grpc", true, grpc.NewCustom},
}

// New returns a driver for reference servers. It does not connect yet.
func New(protocol string, t driver.Target) (driver.Driver, error) {
	e, ok := reference.find(protocol)
	if !ok {
		return nil, fmt.Errorf("no driver for protocol %q; expected one of %v", protocol, proto.ProtocolNames())
	}
	return native{e.open(t), protocol}, nil
}

// NewGuide returns a driver for the guide's API, with the patterns of proto.Protocol.Guide. It does
// not connect yet. Except for uploads, its calls must use the text form of messages.
func NewGuide(protocol string, t driver.Target) (driver.Driver, error) {
	e, ok := guide.find(protocol)
	if !ok {
		return nil, fmt.Errorf("the guide's API does not use protocol %q", protocol)
	}
	return e.open(t), nil
}

// NewCustom returns a driver for custom targets. It does not connect yet.
func NewCustom(protocol string, t driver.Target) (driver.Driver, error) {
	e, ok := custom.find(protocol)
	if !ok {
		return nil, fmt.Errorf("no driver for custom targets over protocol %q", protocol)
	}
	return e.open(t), nil
}

// Multiplexes reports whether one connection of the protocol carries many streams.
func Multiplexes(protocol string) bool {
	e, _ := reference.find(protocol)
	return e.multiplexes
}

type table []entry

func (t table) find(protocol string) (entry, bool) {
	for _, e := range t {
		if e.protocol == protocol {
			return e, true
		}
	}
	return entry{}, false
}
