package scenarios

import (
	"crypto/tls"
	"fmt"
	"slices"

	"rtbench/proto"
	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// checkQUIC reports keys that do not fit protocols over QUIC, whose connections are no streams of bytes over TCP.
func (s *Scenario) checkQUIC(r *spec.Reader) {
	protocols := s.Protocols
	if s.API == cell.Custom {
		protocols = s.Custom.protocols()
	}
	i := slices.IndexFunc(protocols, proto.QUIC)
	if i < 0 {
		return
	}
	name := protocols[i]
	if s.API == cell.Reference && !slices.Contains(values(s, "tls", s.TLS), true) {
		r.At("protocols", ": %s is QUIC, which is always encrypted; expected `tls: true`, which encrypts all protocols", name)
	}
	const tcp = "expected protocols over TCP, such as sse-h2 or websocket-h2"
	for _, k := range []struct {
		key   string
		wrong bool
		why   string
	}{
		{"network", s.Network.Emulated(), ": its relay carries TCP, and %s is QUIC over UDP; " + tcp + ", or the loss of packets in the kernel (tc netem)"},
		{"read", s.Read.Slow(), ": its pace is that of TCP sockets, and %s is QUIC over UDP; " + tcp},
		{"target.proxy", s.API == cell.Custom && s.Custom.Route.proxied(), ": a proxy carries TCP, and %s is QUIC over UDP; expected none"},
		{"target.keepalive", s.API == cell.Custom && r.Has("target.keepalive"), ": its probes are those of TCP, and %s is QUIC, whose idle connections are pinged every 10s; expected no keepalive"},
		{"target.ping", s.API == cell.Custom && s.Custom.Ping.Every > 0, " over %s: QUIC pings idle connections every 10s by itself; expected no ping, or heartbeat for a message of yours"},
		{"target.tls.max", s.API == cell.Custom && s.Custom.TLS.Most != 0 && s.Custom.TLS.Most < tls.VersionTLS13, ": %s is QUIC, which has TLS 1.3; expected 1.3"},
	} {
		if k.wrong {
			r.At(k.key, k.why, name)
		}
	}
	for i, e := range s.Events {
		if e.Partition > 0 {
			r.At(fmt.Sprintf("events[%d].partition", i), ": the relay of the emulated network carries TCP, and %s is QUIC over UDP; "+tcp, name)
		}
	}
}

// dropCleartext drops the cells of QUIC without TLS: with several values of tls they are those of the others.
func (s *Scenario) dropCleartext(cells []Cell) []Cell {
	if s.API != cell.Reference {
		return cells
	}
	return slices.DeleteFunc(cells, func(c Cell) bool { return proto.QUIC(c.Protocol) && !c.TLS })
}
