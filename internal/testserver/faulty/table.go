package faulty

import (
	"crypto/tls"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// A row is a fault: the protocols that can have it, and how their servers deviate from a correct
// one in cleartext.
type row struct {
	name     string
	over     classes
	terminal bool // no attempt yields a message, unless the class is empty

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
	bursts      bool // send events in bursts

	// gRPC.
	metadata   map[string]string // response headers
	noTrailers bool

	lengthPrefixed bool // tcp: messages follow their length
}

// classes maps protocols, separated by spaces, to the error class that their clients count.
type classes map[string]string

// Keys of classes.
const (
	allProtocols       = "websocket sse sse-h2 grpc tcp"
	exceptGRPC         = "websocket sse sse-h2 tcp"
	overHTTPExceptGRPC = "websocket sse sse-h2"
	overHTTP           = "websocket sse sse-h2 grpc"
	overHTTP1          = "websocket sse"
	overHTTP2          = "sse-h2 grpc"
	echoing            = "websocket grpc tcp"
	sseBoth            = "sse sse-h2"
)

// Table lists all faults.
var Table = expand(slices.Concat(noFaults, connectionFaults, tlsFaults, responseFaults, messageFaults, endFaults,
	websocketFaults, sseFaults, grpcFaults, tcpFaults, tokenFaults))

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
		for _, protocols := range slices.Sorted(maps.Keys(r.over)) {
			for protocol := range strings.FieldsSeq(protocols) {
				class := r.over[protocols]
				faults = append(faults, Fault{
					Name: r.name, Protocol: protocol, Class: class, Terminal: r.terminal && class != "",
					TLS: r.tls != r.wrongScheme, Deflate: r.deflate, LengthPrefixed: r.lengthPrefixed, row: r,
				})
			}
		}
	}
	return faults
}

// Correct servers. A client that counts an error here is wrong.
var noFaults = []row{
	{name: "none", over: classes{allProtocols: ""}},
	{name: "none, with TLS", over: classes{overHTTP: ""}, tls: true},
	{name: "none, with lengths", over: classes{"tcp": ""}, lengthPrefixed: true},
	{name: "none, compressed", over: classes{"websocket": ""}, deflate: true, encodeFrame: compressed},
	{name: "none, fragmented with pings in between", over: classes{"websocket": ""}, encodeFrame: fragmented},
	{name: "none, in every legal form", over: classes{sseBoth: ""}, prelude: "\xEF\xBB\xBF", encodeEvent: unusualForms},
}
