package faulty

import (
	"crypto/tls"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// behavior is what a server does differently. The zero value is a sound server in cleartext.
type behavior struct {
	// Of connections: nothing listens; what is done with one in place of serving it.
	notListening bool
	onConn       func(*conn)
	// Of TLS: whether it is spoken, what is wrong with it, and whether the URL says the
	// reverse of what is spoken.
	tls         bool
	tlsFault    func(*tls.Config, *testCertificates)
	wrongScheme bool
	// What is answered to a request, and what is done with each message.
	respond   func(*exchange)
	onMessage messageFault

	// Of WebSocket: how a message is framed, whether it is agreed to compress, and whether a
	// close is never answered.
	encodeFrame func(op ws.OpCode, p []byte) []byte
	deflate     bool
	ignoreClose bool
	// Of SSE: what comes before the first event, how one is written, and whether they are
	// held back to go out together.
	prelude     string
	encodeEvent func(n int, data []byte) []byte
	burst       bool
	// Of gRPC: headers of the answer, and whether it ends without trailers.
	metadata   map[string]string
	noTrailers bool
	// Of tcp: whether messages follow their length.
	lengthPrefixed bool
}

// A row of the table is a fault over one protocol or several.
type row struct {
	protocols string
	name      string
	class     string
	terminal  bool
	behavior  behavior
}

// What a row is on.
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

// Table is all faults. A test that goes through it shows that a client stands them all.
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

// Find returns the fault of a protocol by its name; there must be one.
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
	t.Fatalf("%s has no fault %q; it has: %s", protocol, name, strings.Join(names, ", "))
	return Fault{}
}

// expand makes the faults of rows, one a protocol.
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

// What is no fault: whoever counts one here is wrong.
var noFaults = []row{
	{allProtocols, "none", "", false, behavior{}},
	{overHTTP, "none, with TLS", "", false, behavior{tls: true}},
	{tcpOnly, "none, with lengths", "", false, behavior{lengthPrefixed: true}},
	{websocketOnly, "none, compressed", "", false, behavior{deflate: true, encodeFrame: compressed}},
	{websocketOnly, "none, fragmented with pings in between", "", false, behavior{encodeFrame: fragmented}},
	{sseBoth, "none, in every legal form", "", false, behavior{prelude: "\xEF\xBB\xBF", encodeEvent: unusualForms}},
}
