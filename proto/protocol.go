package proto

import (
	"cmp"
	"slices"
)

// A Protocol describes one wire protocol. The tables of drivers (loadgen/driver/drivers)
// and of servers (server/stacks.go) list the same protocols; a test keeps the three
// consistent.
type Protocol struct {
	// Name is the protocol's name in YAML, JSON, flags and tables; Title is its name in prose.
	Name, Title string
	// Port is the default port of `rtbench serve`.
	Port int
	// Multiplexes means that one connection carries many streams. Otherwise each stream
	// has its own connection, which an event loop can drive in cleartext.
	Multiplexes bool
	// PerCall means that a stream has one request, which opens it, if the server answers with a stream.
	PerCall bool
	// Posts means that a stream only receives: each message to the server is a request of its own.
	Posts bool
	// OnRequest leaves the protocol out of comparisons that do not name it.
	OnRequest bool
	// NoStock says why it has no stack stock.
	NoStock string
	// Like is the protocol whose options, the keys of an endpoint, it has; empty if it has its own.
	Like string
	// QUIC means that connections are QUIC over UDP, which is always encrypted, instead of TCP.
	QUIC bool
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
	{Name: "tcp", Title: "raw TCP", Synonyms: "raw raw-tcp socket tcp/ip", Port: 9001, Schemes: []Scheme{{Name: "tcp"}}, Example: "tcp://host:7000", Notes: []string{
		"raw TCP, each message preceded by its length in 4 bytes: the floor, not an alternative",
	}},
	{
		Name: "websocket", Title: "WebSocket", Synonyms: "ws wss websockets web-socket rfc6455", Port: 9002, Guide: []Pattern{Echo, Fanout},
		Schemes: withTLS("ws"), Example: "wss://host/path", URLNote: "; it may have a query",
	},
	{
		Name: "sse", Title: "SSE", Synonyms: "http http1 http/1.1 https eventsource event-source server-sent-events events", Port: 9003,
		PerCall: true, Posts: true, Guide: []Pattern{Push}, Schemes: withTLS("http"), Example: "https://host/path", Notes: sseNotes,
	},
	{
		Name: "sse-h2", Title: "SSE over HTTP/2", Like: "sse", Synonyms: "http2 http/2 h2 h2c sse-http2 sseh2 sse2 sse_h2 sse/h2", Port: 9004,
		Multiplexes: true, PerCall: true, Posts: true, Guide: []Pattern{Push}, Schemes: withTLS("http"), Example: "https://host/path", Notes: sseNotes,
	},
	{Name: "grpc", Title: "gRPC", Synonyms: "rpc protobuf grpc-go grpc-stream grpc-streaming grpcs grpc-web", Port: 9005, Multiplexes: true, PerCall: true, Protobuf: true, Guide: []Pattern{Echo, Upload}, Schemes: withTLS("grpc"), Example: "grpcs://host/pkg.Service/Method", URLNote: ", with the path /pkg.Service/Method", Notes: []string{
		"messages that are ready together on a connection leave in one write",
	}},
	{
		Name: "websocket-h2", Title: "WebSocket over HTTP/2", Like: "websocket", Synonyms: "ws-h2 ws2 wsh2 websocket-http2 websockets-h2 websocket/h2 rfc8441", Port: 9006,
		Multiplexes: true, OnRequest: true, NoStock: "no Go library has WebSocket over HTTP/2 (net/http's server offers it only with GODEBUG=http2xconnect=1, and no WebSocket library uses it)",
		Schemes: withTLS("ws"), Example: "wss://host/path", URLNote: "; it may have a query",
	},
	{
		Name: "long-poll", Title: "long polling", Synonyms: "longpoll long_poll longpolling long-polling polling poll comet xhr-polling", Port: 9007,
		Posts: true, OnRequest: true, Schemes: withTLS("http"), Example: "https://host/path", URLNote: "; a request is answered when there are messages",
		Notes: []string{
			"a response carries all messages that wait, and the next poll acknowledges them; a message that comes between polls waits for the next",
			"one-way: each message to the server is an HTTP POST, answered before the next is sent",
		},
	},
	{
		Name: "sse-h3", Title: "SSE over HTTP/3", Like: "sse", Synonyms: "http3 http/3 h3 sse-http3 sseh3 sse3 sse_h3 sse/h3 sse-quic", Port: 9008,
		Multiplexes: true, PerCall: true, Posts: true, OnRequest: true, QUIC: true,
		Schemes: onlyTLS("https"), Example: "https://host/path", Notes: append(slices.Clip(sseNotes), quicNote),
	},
	{
		Name: "webtransport", Title: "WebTransport", Like: "tcp", Synonyms: "web-transport web_transport wt quic", Port: 9009,
		Multiplexes: true, OnRequest: true, QUIC: true,
		Schemes: onlyTLS("https"), Example: "https://host/path", URLNote: "; each stream is a bidirectional one of a session",
		Notes: []string{
			quicNote,
			"each message is preceded by its length in 4 bytes, since a stream of WebTransport has no messages",
		},
	},
	{
		Name: "mqtt", Title: "MQTT 5", Synonyms: "mqtt5 mqtt-5 mqttv5 mqtts paho broker", Port: 9010, OnRequest: true,
		Schemes: []Scheme{{Name: "mqtt", Port: "1883"}, {Name: "mqtts", Port: "8883", TLS: true}}, Example: "mqtts://host/topic", URLNote: "; its path is the topic",
		Notes: []string{
			"each message is a PUBLISH packet with QoS 0 and a topic of 10 or 12 bytes; a connection is a client that subscribes to its own messages",
			"the MQTT reference server routes as those of other protocols do, not by the topics of a broker",
		},
	},
}

// Topics and the property of CONNECT between the client and the reference server of MQTT: the call is the property,
// and an empty message to MQTTEnd ends the messages of its sender.
const (
	MQTTCall       = "call"
	MQTTToServer   = "rtbench/up"
	MQTTFromServer = "rtbench/down"
	MQTTEnd        = "rtbench/end"
)

const quicNote = "wire bytes and CPU include QUIC's acknowledgements and retransmissions; over TCP they are the kernel's, and their bytes are not counted"

// Headers of responses of the reference server of long polling: the number of the last message, which the next
// poll acknowledges, and whether there will be no more.
const (
	CursorHeader = "Cursor"
	EndHeader    = "Poll-End"
)

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

// MultiplexingNames returns the names of the protocols that multiplex.
func MultiplexingNames() []string {
	return slices.DeleteFunc(ProtocolNames(), func(name string) bool { return !Multiplexes(name) })
}

// QUIC reports whether a protocol is one over QUIC.
func QUIC(name string) bool {
	p, _ := ProtocolByName(name)
	return p.QUIC
}

// Posts reports whether a protocol is one that posts.
func Posts(name string) bool {
	p, _ := ProtocolByName(name)
	return p.Posts
}

// OptionsOf returns the protocol whose options a protocol has: itself, or the one that it is like.
func OptionsOf(name string) string {
	p, _ := ProtocolByName(name)
	return cmp.Or(p.Like, name)
}

// Multiplexed returns the protocol over TCP that is like another and multiplexes; empty if there is none.
func Multiplexed(name string) string {
	for _, p := range Protocols {
		if p.Like == name && p.Multiplexes && !p.QUIC {
			return p.Name
		}
	}
	return ""
}

// ComparedProtocols returns the names of the protocols that are compared unless others are named.
func ComparedProtocols() []string {
	return slices.DeleteFunc(ProtocolNames(), func(name string) bool {
		p, _ := ProtocolByName(name)
		return p.OnRequest
	})
}

// ProtocolNames returns the names of Protocols in a new slice.
func ProtocolNames() []string {
	names := make([]string, len(Protocols))
	for i, p := range Protocols {
		names[i] = p.Name
	}
	return names
}
