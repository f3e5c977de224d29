package proto

// A Protocol describes one wire protocol. The tables of drivers (loadgen/driver/drivers)
// and of servers (server/stacks.go) list the same protocols; a test keeps the three
// consistent.
type Protocol struct {
	// Name is the protocol's name in YAML, JSON, flags and tables.
	Name string
	// Port is the default port of `rtbench serve`.
	Port int
	// Multiplexes means that one connection carries many streams. Otherwise each stream
	// has its own connection, which an event loop can drive in cleartext.
	Multiplexes bool
	// PerCall means that a stream has one request, which opens it, if the server answers with a stream.
	PerCall bool
	// Protobuf means that applications encode messages as protobuf instead of JSON.
	Protobuf bool
	// Schemes are those of the URLs of custom targets; nil if it has none. Example is such a
	// URL, and URLNote ends the sentence that documents it.
	Schemes          []Scheme
	Example, URLNote string
	// Guide lists the patterns that the guide API has over this protocol.
	Guide []Pattern
	// Notes state the unavoidable differences to other protocols. They are printed below
	// every table that shows the protocol.
	Notes []string
	// Synonyms are other words for it, in lower case and separated by spaces, which are suggested
	// to mean it.
	Synonyms string
}

// Protocols lists all protocols, the floor first.
var Protocols = []Protocol{
	{Name: "tcp", Synonyms: "raw raw-tcp socket tcp/ip", Port: 9001, Schemes: []Scheme{{Name: "tcp"}}, Example: "tcp://host:7000", Notes: []string{
		"raw TCP, each message preceded by its length in 4 bytes: the floor, not an alternative",
	}},
	{
		Name: "websocket", Synonyms: "ws wss websockets web-socket rfc6455", Port: 9002, Guide: []Pattern{Echo, Fanout},
		Schemes: withTLS("ws"), Example: "wss://host/path", URLNote: "; it may have a query",
	},
	{Name: "sse", Synonyms: "http http1 http/1.1 https eventsource event-source server-sent-events events", Port: 9003, PerCall: true, Guide: []Pattern{Push}, Schemes: withTLS("http"), Example: "https://host/path", Notes: sseNotes},
	{Name: "sse-h2", Synonyms: "http2 http/2 h2 h2c sse-http2 sseh2 sse2 sse_h2 sse/h2", Port: 9004, Multiplexes: true, PerCall: true, Guide: []Pattern{Push}, Schemes: withTLS("http"), Example: "https://host/path", Notes: sseNotes},
	{Name: "grpc", Synonyms: "rpc protobuf grpc-go grpc-stream grpc-streaming grpcs grpc-web", Port: 9005, Multiplexes: true, PerCall: true, Protobuf: true, Guide: []Pattern{Echo, Upload}, Schemes: withTLS("grpc"), Example: "grpcs://host/pkg.Service/Method", URLNote: ", with the path /pkg.Service/Method", Notes: []string{
		"messages that are ready together on a connection leave in one write",
	}},
}

var sseNotes = []string{
	"text only: binary messages travel as base64 (+33 %)",
	"one-way: each message to the server is an HTTP POST, answered before the next is sent",
}

// ProtocolByName returns the protocol with that name.
func ProtocolByName(name string) (Protocol, bool) {
	for _, p := range Protocols {
		if p.Name == name {
			return p, true
		}
	}
	return Protocol{}, false
}

// Multiplexes reports whether a protocol is one that multiplexes.
func Multiplexes(name string) bool {
	p, _ := ProtocolByName(name)
	return p.Multiplexes
}

// ProtocolNames returns the names of Protocols in a new slice.
func ProtocolNames() []string {
	names := make([]string, len(Protocols))
	for i, p := range Protocols {
		names[i] = p.Name
	}
	return names
}
