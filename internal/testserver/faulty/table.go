package faulty

import (
	"crypto/tls"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// behavior describes how a server deviates from a correct one in cleartext, its zero value.
type behavior struct {
	// Connections: nothing listens; a handler that replaces the protocol's server.
	notListening bool
	onConn       func(*conn)
	// TLS: in use; a fault in its configuration; the URL says the opposite.
	tls         bool
	tlsFault    func(*tls.Config, *testCertificates)
	wrongScheme bool
	// HTTP: handles requests. All protocols: handles messages.
	respond   func(*exchange)
	onMessage messageFault

	// WebSocket: encodes messages; negotiates permessage-deflate; never answers a close.
	encodeFrame func(op ws.OpCode, p []byte) []byte
	deflate     bool
	ignoreClose bool
	// SSE: bytes before the first event; encodes events; sends events in bursts.
	prelude     string
	encodeEvent func(n int, data []byte) []byte
	burst       bool
	// gRPC: response headers; ends without trailers.
	metadata   map[string]string
	noTrailers bool
	// tcp: messages follow their length.
	lengthPrefixed bool
}

// A row is a fault over one or more protocols.
type row struct {
	protocols string
	name      string
	class     string
	terminal  bool
	behavior  behavior
}

// Values of row.protocols.
const (
	allProtocols       = "websocket sse sse-h2 grpc tcp"
	exceptGRPC         = "websocket sse sse-h2 tcp"
	overHTTPExceptGRPC = "websocket sse sse-h2"
	overHTTP           = "websocket sse sse-h2 grpc"
	overHTTP1          = "websocket sse"
	overHTTP2          = "sse-h2 grpc"
	echoing            = "websocket grpc tcp"
	websocketOnly      = "websocket"
	sseBoth            = "sse sse-h2"
	grpcOnly           = "grpc"
	tcpOnly            = "tcp"
)

// Table lists all faults.
var Table = slices.Concat(
	expand(noFaults),
	expand(connectionFaults),
	expand(tlsFaults),
	expand(responseFaults),
	expand(messageFaults),
	expand(endFaults),
	expand(websocketFaults),
	expand(sseFaults),
	expand(grpcFaults),
	expand(tcpFaults),
	expand(tokenFaults),
)

// Find returns the named fault of a protocol, or fails the test.
func Find(t testing.TB, protocol, name string) Fault {
	t.Helper()
	var names []string
	for _, f := range Table {
		if f.Protocol != protocol {
			continue
		}
		if f.Name == name {
			return f
		}
		names = append(names, f.Name)
	}
	t.Fatalf("%s has no fault %q; expected one of %s", protocol, name, strings.Join(names, ", "))
	return Fault{}
}

// expand returns a Fault for each row and protocol.
func expand(rows []row) []Fault {
	var faults []Fault
	for _, r := range rows {
		for protocol := range strings.FieldsSeq(r.protocols) {
			faults = append(faults, Fault{
				Name: r.name, Protocol: protocol, Class: r.class, Terminal: r.terminal,
				TLS: r.behavior.tls != r.behavior.wrongScheme, Deflate: r.behavior.deflate, LengthPrefixed: r.behavior.lengthPrefixed, behavior: r.behavior,
			})
		}
	}
	return faults
}

// Correct servers. A client that counts an error here is wrong.
var noFaults = []row{
	{allProtocols, "none", "", false, behavior{}},
	{overHTTP, "none, with TLS", "", false, behavior{tls: true}},
	{tcpOnly, "none, with lengths", "", false, behavior{lengthPrefixed: true}},
	{websocketOnly, "none, compressed", "", false, behavior{deflate: true, encodeFrame: compressed}},
	{websocketOnly, "none, fragmented with pings in between", "", false, behavior{encodeFrame: fragmented}},
	{sseBoth, "none, in every legal form", "", false, behavior{prelude: "\xEF\xBB\xBF", encodeEvent: unusualForms}},
}
