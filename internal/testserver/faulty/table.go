package faulty

import (
	"crypto/tls"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// how is what a server does differently. The zero value is a sound server in cleartext.
type how struct {
	// Of connections: nothing listens; what is done with one in place of serving it.
	absent bool
	conn   func(*conn)
	// Of TLS: whether it is spoken, what is wrong with it, and whether the URL says the
	// reverse of what is spoken.
	tls     bool
	spoil   func(*tls.Config, *authority)
	reverse bool
	// What is answered to a request, and what is done with each message.
	answer func(*exchange)
	deed   deed

	// Of WebSocket: how a message is framed, whether it is agreed to compress, and whether a
	// close is never answered.
	frames    func(op ws.OpCode, p []byte) []byte
	deflate   bool
	unclosing bool
	// Of SSE: what comes before the first event, how one is written, and whether they are
	// held back to go out together.
	prelude string
	event   func(n int, data []byte) []byte
	bursts  bool
	// Of gRPC: headers of the answer, and whether it ends without trailers.
	metadata map[string]string
	bare     bool
	// Of tcp: whether messages follow their length.
	lengths bool
}

// A row of the table is a fault over one protocol or several.
type row struct {
	on       string
	name     string
	class    string
	terminal bool
	how      how
}

// What a row is on.
const (
	all      = "websocket sse sse-h2 grpc tcp"
	plain    = "websocket sse sse-h2 tcp"
	asked    = "websocket sse sse-h2"
	overHTTP = "websocket sse sse-h2 grpc"
	http1    = "websocket sse"
	h2       = "sse-h2 grpc"
	echoes   = "websocket grpc tcp"
	socks    = "websocket"
	sse      = "sse sse-h2"
	calls    = "grpc"
	rawTCP   = "tcp"
)

// Table is all faults. A test that goes through it shows that a client stands them all.
var Table = slices.Concat(
	expand(sound),
	expand(connections),
	expand(certificates),
	expand(answers),
	expand(messages),
	expand(endings),
	expand(socketFrames),
	expand(eventStreams),
	expand(grpcCalls),
	expand(tcpMessages),
	expand(tokenRows),
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
		for protocol := range strings.FieldsSeq(r.on) {
			faults = append(faults, Fault{
				Name: r.name, Protocol: protocol, Class: r.class, Terminal: r.terminal,
				TLS: r.how.tls != r.how.reverse, Deflate: r.how.deflate, Lengths: r.how.lengths, how: r.how,
			})
		}
	}
	return faults
}

// What is no fault: whoever counts one here is wrong.
var sound = []row{
	{all, "none", "", false, how{}},
	{overHTTP, "none, with TLS", "", false, how{tls: true}},
	{rawTCP, "none, with lengths", "", false, how{lengths: true}},
	{socks, "none, compressed", "", false, how{deflate: true, frames: compressed}},
	{socks, "none, in fragments with pings between", "", false, how{frames: fragments}},
	{sse, "none, in all forms that are legal", "", false, how{prelude: "\xEF\xBB\xBF", event: odd}},
}

const banner = "SSH-2.0-OpenSSH_9.6\r\n"

// What comes of a connection before anything is asked.
var connections = []row{
	{plain, "is not there", "connection refused", true, how{absent: true}},
	{calls, "is not there", "gRPC Unavailable: connection refused", true, how{absent: true}},
	{plain, "resets at once", "connection reset", true, how{conn: resets}},
	{calls, "resets at once", "gRPC Unavailable: connection reset", true, how{conn: resets}},
	{plain, "closes at once", "connection closed by the server", true, how{conn: closes}},
	{calls, "closes at once", "gRPC Unavailable: connection closed by the server", true, how{conn: closes}},
	{all, "never answers", "timeout", true, how{conn: silent}},
	{"websocket", "stalls in its answer", "timeout", true, how{conn: begins("HTTP/1.1 101 Switching Prot")}},
	{"sse", "stalls in its answer", "timeout", true, how{conn: begins("HTTP/1.1 200 OK\r\nContent-Type: text/ev")}},
	{h2, "stalls in its answer", "timeout", true, how{conn: begins("\x00\x00\x12\x04\x00\x00\x00")}},
	{rawTCP, "stalls in its answer", "timeout", true, how{conn: begins("half a mess")}},
	{http1, "is an SSH server", "not HTTP", true, how{conn: greets(banner)}},
	{h2, "is an SSH server", "not HTTP/2", true, how{conn: greets(banner)}},
	{http1, "sends garbage", "not HTTP", true, how{conn: says(noise())}},
	{h2, "sends garbage", "not HTTP/2", true, how{conn: says(noise())}},
	{rawTCP, "sends garbage", "connection closed by the server", true, how{conn: says(noise())}},
	{h2, "speaks HTTP/1.1 alone", "not HTTP/2", true, how{conn: says("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 12\r\n\r\nbad request\n")}},
	{"websocket", "is an SSE server", "HTTP status 200", true, how{answer: func(x *exchange) { x.fault(); x.events() }}},
	{sse, "is a WebSocket server", "HTTP status 426", true, how{answer: func(x *exchange) { x.fault(); x.upgrade("") }}},
	{calls, "is a WebSocket server", "not HTTP/2", true, how{conn: says("HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n")}},
}

// What is wrong with TLS.
var certificates = []row{
	{http1, "TLS where none is asked", "not HTTP", true, how{tls: true, reverse: true}},
	{"sse-h2", "TLS where none is asked", "connection closed by the server", true, how{tls: true, reverse: true}},
	{calls, "TLS where none is asked", "not HTTP/2", true, how{tls: true, reverse: true}},
	{overHTTP, "no TLS where it is asked", "not TLS", true, how{reverse: true, conn: says("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")}},
	{overHTTP, "certificate expired", "TLS: certificate expired", true, how{tls: true, spoil: expired}},
	{overHTTP, "foreign authority", "TLS: unknown authority", true, how{tls: true, spoil: foreign}},
	{overHTTP, "wrong host name", "TLS: wrong host name", true, how{tls: true, spoil: wrongHost}},
	{overHTTP, "client certificate required", "TLS: handshake refused", true, how{tls: true, spoil: asksCertificate}},
	{overHTTP, "TLS 1.0 alone", "TLS: handshake refused", true, how{tls: true, spoil: oldTLS}},
	{overHTTP, "handshake never finishes", "timeout", true, how{reverse: true, conn: silent}},
	{overHTTP, "handshake stalls in the middle", "timeout", true, how{reverse: true, conn: begins("\x16\x03\x03\x00\x7a\x02\x00\x00")}},
	{"sse-h2", "no ALPN", "no HTTP/2 (ALPN)", true, how{tls: true, spoil: noALPN}},
	{calls, "no ALPN", "TLS: no ALPN protocol in common", true, how{tls: true, spoil: noALPN}},
}

// A token is good for N messages, on however many connections.
var tokenRows = []row{
	{"websocket", "token runs out", "closed by the server: 4401", false, how{answer: tokens, deed: spend}},
	{sse, "token runs out", "ended by the server", false, how{answer: tokens, deed: spend}},
	{calls, "token runs out", "gRPC Unauthenticated", false, how{answer: tokens, deed: spend}},
}
