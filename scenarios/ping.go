package scenarios

import (
	"slices"
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/proto"
	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// A Ping configures pings of the protocol. The zero value sends none.
type Ping struct {
	Every, Timeout time.Duration
	Idle           bool // over HTTP/2: also while no stream is open
}

func (p *Ping) value() spec.Value {
	every := spec.One(&p.Every, spec.Duration(10*time.Millisecond))
	keys := []spec.Key{
		{Name: "every", Also: "interval period time", Value: every, Required: "an interval such as {every: 20s}", Doc: "Interval on each connection. WebSocket and MQTT: always. HTTP/2 (grpc, sse-h2): if nothing was received for so long, as its libraries do."},
		{Name: "timeout", Also: "pong_timeout pongtimeout", Value: spec.One(&p.Timeout, spec.Duration(10*time.Millisecond)), Default: "20s", Doc: "Time to wait for the answer. Then the connection is closed, and its streams break with ping timeout. Default 20s."},
		{Name: "idle", Also: "permit_without_stream permitwithoutstream without_stream without_streams", Value: spec.One(&p.Idle, spec.Bool), Default: "false", Example: "true", Doc: "gRPC and HTTP/2: ping also while no stream is open. Default false."},
	}
	either := spec.Either("every", every, spec.Section(keys...))
	read := either.Read
	either.Read = func(r *spec.Reader, path string, n *yaml.Node) {
		spec.SetDefaults(keys)
		read(r, path, n)
	}
	return either
}

// pingKey returns the key of pings.
func (t *Target) pingKey() spec.Key {
	carried := func() string {
		for _, name := range t.protocols() {
			switch {
			case name == "websocket" || name == "mqtt" || proto.Multiplexes(name): // QUIC has checks of its own
			case name == "sse":
				return " over " + name + ": a client sends nothing on an event stream; expected keepalive (TCP probes), or sse-h2"
			default:
				return " over " + name + ", which has no pings; expected keepalive (TCP probes), or heartbeat for a message of yours"
			}
		}
		return ""
	}
	return spec.Key{
		Name: "ping", Also: "pings ping_interval pinginterval keepalive_time grpc_keepalive", Value: t.Ping.value(), Conflicts: []spec.Conflict{carried}, Example: "{every: 20s, timeout: 10s}",
		Flag: spec.Flag{Name: "ping", Usage: "ping each connection at this `INTERVAL`, such as 20s: WebSocket pings, PING frames of HTTP/2 (gRPC keepalive), or PINGREQ of MQTT"},
		Doc:  "Pings of the protocol on each connection, as clients send them: WebSocket pings, PING frames of HTTP/2 (gRPC keepalive), PINGREQ of MQTT, whose Keep Alive is the interval in whole seconds. An interval, or keys. Default: none.",
	}
}

// grpcLeastPing is the shortest interval of grpc-go.
const grpcLeastPing = 10 * time.Second

// checkPing reports pings that the library of a stack does not send.
func (s *Scenario) checkPing(r *spec.Reader) {
	if s.API != cell.Custom || s.Custom.Ping.Every == 0 {
		return
	}
	for _, stack := range values(s, "stack", s.Stack) {
		switch {
		case stack != proto.Stock:
		case s.Custom.Endpoints["websocket"] != nil:
			r.At("target.ping", " with stack stock of websocket: gobwas/ws does not report pongs; expected stack lean, gorilla or coder")
		case s.Custom.Endpoints["grpc"] != nil && s.Custom.Ping.Every < grpcLeastPing:
			r.At("target.ping", ": grpc-go (stack stock) pings every 10s at most; expected 10s or longer, or stack lean")
		}
	}
	multiplexes := slices.ContainsFunc(s.Custom.protocols(), proto.Multiplexes)
	if s.Custom.Ping.Idle && !multiplexes {
		r.At("target.ping.idle", ": only HTTP/2 has connections without streams; expected grpc, sse-h2 or websocket-h2")
	}
}
