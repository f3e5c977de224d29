package scenarios

import "time"

// The values of api.
const (
	reference = "reference"
	guide     = "guide"
	custom    = "custom"
)

// An Target is what a scenario says of a server of the user's own: where it is, who asks, what
// is said to it and how its answers are told apart. The zero value is of a scenario that
// speaks to another server. Paths of files are as written, relative to the scenario's file
// (Scenario.Resolve).
type Target struct {
	// Endpoints are how the server is spoken to over each protocol: the URL alone, or keys.
	Endpoints map[string]*Endpoint
	// TLS is how wss, https and grpcs are made.
	TLS TLS
	// Headers, Cookies and Query are sent with each call; over gRPC headers are metadata, and
	// there is no query. Host is what the server is told instead of the URL's host, over
	// HTTP/2 and gRPC as :authority; the connection and tls.server_name do not change. A name may have a list of values ({topic: [a, b]}), and pairs may be
	// a list ([{topic: a}, {room: 1}, {topic: b}]) to have their order. The query is added to
	// that of the URL, which stays as written.
	Headers, Cookies, Query []Pair
	// Bearer is a token, sent as `Authorization: Bearer TOKEN`, asked for anew with each
	// connection.
	Bearer Secret
	// Stats is where the server's own figures come from.
	Stats Stats

	// Messages are sent in turn; none: rtbench's own message of payload.size, which a server
	// returns as it came.
	Messages []Message
	// Rows is a file of CSV (a heading, then rows) or JSON Lines, from which templates take
	// {{.Row.NAME}}. Each stream has a row of its own, the first stream the first row; if there
	// are more streams than rows, it begins again with the first row. All steps and messages of
	// a stream take from the same row, also after it was opened anew.
	Rows Rows
	// Match says how a reply is told to be that of a message.
	Match Match
	// Stamp says where a message of the server carries the time at which it was sent.
	Stamp Stamp
	// Records says whether a frame that carries several records is split: auto (default), so
	// that each record counts as a message, or whole. Records are JSON documents on lines of
	// their own or with 0x1E after each (SignalR), the strings of a SockJS frame, and the objects of
	// a JSON array (a batch of JSON-RPC) if match, stamp or expect has a path that begins with a key.
	Records string
	// Ignore is a condition, or a list of conditions: a message of which one holds, such as a
	// heartbeat, is no reply. It is counted as unmatched.
	Ignore []Condition
	// Expect is what each reply must be; nil: anything. A message that is the reply to none is
	// not held against it.
	Expect *Condition
	// Opening and Closing, in a file the items of steps before and after `load`, are what each
	// connection does before and after the measured messages; without `load` all come before.
	Opening, Closing []Step
	// Stall is how long nothing may come of a stream, of which something is due, before that
	// counts as a stall. Default 1s.
	Stall time.Duration
	// Reconnect has what broke opened anew, with growing pauses. A stream that the server ends
	// in order is reopened 50 to 100 ms after it was opened at the earliest, and not before the
	// time in an event stream's retry field; of streams that lived for less, 1,000 a second in
	// all. HTTP 204 ends an event stream for good. Default true.
	Reconnect bool
}

// An Endpoint is one protocol's way to a server.
type Endpoint struct {
	// URL is ws, wss, http, https, grpc, grpcs (its path /pkg.Service/Method) or tcp. A query
	// may be in it.
	URL string
	// Limit is the longest message that is taken, in bytes. Default 1 MiB.
	Limit int

	// Subprotocols are offered by a WebSocket, the first the one wanted most. One that carries
	// a token has it from a variable.
	Subprotocols []string
	// Frames are what messages of a WebSocket are sent as: text (default) or binary. Over tcp
	// what ends a message: lines (default), or length, four bytes of it before each.
	Frames string
	// Deflate is permessage-deflate of a WebSocket (RFC 7692): off (default), takeover, with
	// the window kept from message to message, or each, with none kept.
	Deflate string
	// Fragment is the longest frame of a message that a WebSocket sends, in bytes; 0: one
	// frame a message.
	Fragment int

	// Method is that of the request for events. Default GET.
	Method string
	// Body is that of the same request: a template without what counts messages.
	Body string
	// Post is where an SSE client's messages go, one POST each; empty: it only listens.
	Post string

	// Proto are .proto files that have the gRPC method, Import the directories they are found
	// in; none: the server is asked, by reflection.
	Proto, Import []string
	// Compression of gRPC messages: none (default) or gzip.
	Compression string
	// Deadline of each gRPC call; 0: none.
	Deadline time.Duration
	// Batch is how many messages a call of client streaming has before it is answered.
	// Default 1.
	Batch int

	public string // the URL as results have it
}

// TLS is how a server's certificate is verified, and what is shown to it.
type TLS struct {
	// CA is a PEM file of the roots that are trusted. Default: the system's.
	CA string
	// Cert and Key are PEM files of a client's certificate and its key, for servers that ask
	// who connects.
	Cert, Key string
	// ServerName is what the server's certificate must be for, instead of the URL's host.
	ServerName string
	// Insecure verifies nothing, which results say. Default false.
	Insecure bool
}

// A Pair is a name and its value.
type Pair struct{ Name, Value string }

// A Secret is where one comes from: exactly one of these, or none.
type Secret struct {
	// Env is a variable of the environment.
	Env string
	// File is one whose text it is, without white space around it.
	File string
	// Command is a program with its arguments whose output it is, without white space around
	// it.
	Command []string
}

// A Stats is where the server's own figures come from: at most one of these.
type Stats struct {
	// PID is a process of this machine.
	PID int
	// Prometheus is a URL that has process_cpu_seconds_total and
	// process_resident_memory_bytes.
	Prometheus string
	// Rtbench is the control address of a server that answers /stats as ours does.
	Rtbench string
}

// A Message is what is sent: a template, in a file or as text.
type Message struct {
	// Text is a template such as {"id":{{.RequestNumber}}}. Under json it is written as keys
	// and values, which become JSON.
	Text string
	// File is one with a template in it, instead.
	File string
	// Raw says of a file that nothing in it is a template. Default false.
	Raw bool
	// Size is how long {{.Body}} is: a number, or one that is drawn for each message, such as
	// uniform(100, 2KiB). Empty: payload.size.
	Size string
	// Line and Column are where the text begins in the scenario's file.
	Line, Column int
}

// A Rows says where templates take {{.Row.NAME}} from: the file alone, or keys.
type Rows struct {
	// File is the file's name.
	File string
	// Per says what takes a row: stream (default), or message, each the next row of the file;
	// steps take that of their stream then.
	Per string
}

// A Match says how a reply is told to be that of a message.
type Match struct {
	// By is header (our header, which the server returns), field, order or none.
	By string
	// Field is a path into the reply, such as result.id or items[0].id. By field it holds
	// {{.RequestNumber}} or {{.UUID}} of the message, with pattern push the number that the
	// server gives its messages, one after the other; by header, the header, the whole reply
	// where it is empty. Over gRPC with field, {{.RequestNumber}} counts from 1: proto3 does not
	// send a 0, so a message without the field is no reply.
	Field string
}

// A Stamp says where a message carries the server's time.
type Stamp struct {
	// Field is a path to it, such as ts. In Go, empty: messages carry none.
	Field string
	// Unit is ns, us, ms or s since 1970, or rfc3339, a text.
	Unit string
	// Bound is how far the server's clock may be from this machine's. 0: it is the same
	// clock, which is taken for granted of loopback addresses alone; negative: not known.
	Bound time.Duration
}

// A Condition is what a message must be: all that is given holds.
type Condition struct {
	// Field is a path into it, such as type or result.ok: where nothing else is given, that
	// there is such a value. Default: the whole message.
	Field string
	// Is is the text that it must be.
	Is string
	// Contains is a text that must be in it.
	Contains string
	// Matches is a regular expression (RE2) that must match a part of it.
	Matches string
	// Given says which of these are.
	HasIs, HasContains, HasMatches bool
}

// A Step is one thing that a connection does beside the measured messages.
type Step struct {
	// Do is authenticate, subscribe or send (Text is sent, a template), wait (for a message of
	// which Condition holds, others are passed over), expect (the next message must be so),
	// think (Pause) or close (with Code). In a file `load` stands for the measured messages.
	Do        string
	Text      string
	Condition Condition
	// Within is how long wait and expect take at most. Default 10s.
	Within time.Duration
	Pause  time.Duration
	Code   int // of a WebSocket's close; default 1000
	// Line and Column are where it stands in the scenario's file.
	Line, Column int
}

// Secretive says whether the value of a header, a cookie or a key of a query is a secret, by
// its name.
func Secretive(name string) bool { return sensitive(name) }
