package faulty

import (
	"crypto/tls"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// behavior describes how a server deviates from a correct one. The zero value is a correct
// server in cleartext.
type behavior struct {
	notListening bool
	onConn       func(*conn) // replaces the protocol's server
	tls          bool
	tlsFault     func(*tls.Config, *testCertificates)
	wrongScheme  bool            // the scheme of the URL contradicts tls
	respond      func(*exchange) // answers HTTP requests
	onMessage    messageFault

	// WebSocket.
	encodeFrame func(op ws.OpCode, p []byte) []byte
	deflate     bool // negotiate permessage-deflate
	ignoreClose bool // never answer a close frame
	// SSE.
	prelude     string // precedes the first event
	encodeEvent func(n int, data []byte) []byte
	burst       bool // send events in bursts
	// gRPC.
	metadata   map[string]string // response headers
	noTrailers bool

	lengthPrefixed bool // tcp: messages follow their length
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
