package scenarios

import "time"

// Values of api.
const (
	reference = "reference"
	guide     = "guide"
	custom    = "custom"
)

// Target describes the server under test: its address, credentials and messages. File names are as
// written, relative to the scenario file (see Scenario.Resolve). The zero value describes no
// server.
type Target struct {
	// Endpoint for one protocol: a URL, or keys.
	Endpoints map[string]*Endpoint
	// TLS options for wss, https and grpcs.
	TLS TLS
	// Sent with each request; over gRPC, headers are metadata and query is not supported. Host (or
	// :authority) overrides the host of the URL in requests, not in the connection or
	// tls.server_name. A name may have a list of values ({topic: [a, b]}); a list of pairs
	// ([{topic: a}, {room: 1}, {topic: b}]) keeps its order. The query is appended to that of the
	// URL.
	Headers, Cookies, Query []Pair
	// Token sent as `Authorization: Bearer TOKEN`, read again for each connection.
	Bearer Secret
	// Source of the server's CPU and memory metrics.
	Stats Stats

	// Messages sent in turn. Default: rtbench's own message of payload.size, which the server must
	// echo unchanged.
	Messages []Message
	// CSV (with a heading) or JSON Lines file that templates read as {{.Row.NAME}}. Each stream
	// has one row, starting with the first and wrapping around; all its steps and messages use it,
	// also after a reconnect.
	Rows Rows
	// How replies are correlated with messages.
	Match Match
	// The field of a server message with its sending time.
	Stamp Stamp
	// auto (default): split frames that carry several records, so that each counts as a message.
	// whole: do not split. Records are JSON documents on separate lines or followed by 0x1E
	// (SignalR), strings in a SockJS frame, and elements of a JSON array (JSON-RPC batch) if a
	// path in match, stamp or expect begins with a key.
	Records string
	// A condition or list of conditions: messages that satisfy one, such as heartbeats, are not
	// replies. They count as unmatched.
	Ignore []Condition
	// Condition that each reply must satisfy. Unmatched messages are not checked.
	Expect *Condition
	// Steps of each connection before and after the measured messages (`load`). Without `load`,
	// all steps come before.
	Opening, Closing []Step
	// Time without a message, while one is due, after which a stream counts as stalled. Default
	// 1s.
	Stall time.Duration
	// Reopen broken streams, with exponential backoff. A stream that the server ends normally is
	// reopened 50 to 100 ms after it was opened or later, and not before the event stream's retry
	// time; streams that live shorter are reopened at 1,000 per second in total. HTTP 204 ends an
	// event stream for good. Default true.
	Reconnect bool
}

// Endpoint configures connections to the target over one protocol.
type Endpoint struct {
	// A ws, wss, http, https, grpc, grpcs (with the path /pkg.Service/Method) or tcp URL. It may
	// have a query.
	URL string
	// Maximum message size in bytes. Default 1 MiB.
	Limit int

	// WebSocket subprotocols to offer, in order of preference. Use a variable for one that
	// contains a token.
	Subprotocols []string
	// WebSocket: frame type, text (default) or binary. tcp: message delimiter, lines (default) or
	// length (4-byte prefix).
	Frames string
	// WebSocket permessage-deflate (RFC 7692): off (default), takeover (keep the window between
	// messages) or each (reset it).
	Deflate string
	// Maximum frame size of a sent WebSocket message in bytes. 0: one frame per message.
	Fragment int

	// HTTP method of the event stream request. Default GET.
	Method string
	// Body of the event stream request: a template without message counters.
	Body string
	// URL that an SSE client posts its messages to. Default: it only listens.
	Post string

	// .proto files that define the gRPC method, and directories to import from. Default: server
	// reflection.
	Proto, Import []string
	// gRPC compression: none (default) or gzip.
	Compression string
	// Deadline of each gRPC call; 0: none.
	Deadline time.Duration
	// Messages per client-streaming call. Default 1.
	Batch int

	public string // the URL without secrets, for results
}

// TLS configures verification of the server and the client certificate.
type TLS struct {
	// PEM file of trusted roots. Default: the system's.
	CA string
	// PEM files of the client certificate and its key.
	Cert, Key string
	// Name to verify the server certificate against, instead of the host of the URL.
	ServerName string
	// Skip verification; results say so. Default false.
	Insecure bool
}

// A Pair is a name with a value.
type Pair struct{ Name, Value string }

// A Secret is the source of a secret: at most one of its fields is set.
type Secret struct {
	// Environment variable.
	Env string
	// File; surrounding white space is trimmed.
	File string
	// Command and arguments; surrounding white space of its output is trimmed.
	Command []string
}

// Stats is the source of server metrics: at most one of its fields is set.
type Stats struct {
	// Local process ID.
	PID int
	// URL that exports process_cpu_seconds_total and process_resident_memory_bytes.
	Prometheus string
	// Control address of a server that answers /stats as `rtbench serve` does.
	Rtbench string
}

// Message is one message to send: a template, as text or in a file.
type Message struct {
	// Template such as {"id":{{.RequestNumber}}}. The key json builds it from keys and values.
	Text string
	// File that contains the template.
	File string
	// Send the file as is, without template actions. Default false.
	Raw bool
	// Bytes of {{.Body}}: a number, or a distribution such as uniform(100, 2KiB). Default:
	// payload.size.
	Size string
	// Position of the text in the scenario file.
	Line, Column int
}

// Rows is the source of {{.Row.NAME}}: a file name, or keys.
type Rows struct {
	// File name.
	File string
	// stream (default): one row per stream. message: each message takes the next row; steps use
	// that of their stream.
	Per string
}

// Match selects how replies are correlated with messages.
type Match struct {
	// header (rtbench's header, echoed by the server), field, order or none.
	By string
	// Path into the reply, such as result.id or items[0].id. For field: the path of
	// {{.RequestNumber}} or {{.UUID}}; with pattern push, of the server's consecutive number. For
	// header: the path of the header; default: the whole reply. Over gRPC, {{.RequestNumber}}
	// starts at 1 for field, because proto3 omits 0; a message without the field is not a reply.
	Field string
}

// Stamp locates the server's time in a message.
type Stamp struct {
	// Path of the time, such as ts. In Go, empty if messages have none.
	Field string
	// ns, us, ms or s since 1970, or rfc3339.
	Unit string
	// Maximum offset between the two clocks. Default: 0 for loopback addresses, else unknown. In
	// Go, 0: the same clock; negative: unknown.
	Bound time.Duration
}

// Condition is a predicate on a message: all given parts must hold.
type Condition struct {
	// Path of a value, such as type or result.ok; alone, the value must exist. Default: the whole
	// message.
	Field string
	// The value must equal this text.
	Is string
	// The value must contain this text.
	Contains string
	// The value must match this regular expression (RE2).
	Matches string
	// The parts that are given.
	HasIs, HasContains, HasMatches bool
}

// Step is one action of a connection outside the measured messages.
type Step struct {
	// authenticate, subscribe and send send Text, a template; wait discards messages until one
	// satisfies Condition; expect requires it of the next message; think pauses; close closes with
	// Code. In a file, `load` is the place of the measured messages.
	Do        string
	Text      string
	Condition Condition
	// Timeout of wait and expect. Default 10s.
	Within time.Duration
	Pause  time.Duration
	Code   int // WebSocket close code; default 1000
	// Position of the step in the scenario file.
	Line, Column int
}

// Secretive reports whether the name of a header, cookie or query parameter suggests a secret
// value.
func Secretive(name string) bool { return sensitive(name) }
