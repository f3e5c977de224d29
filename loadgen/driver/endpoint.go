package driver

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// An Endpoint configures a stream. Message bytes are passed through unchanged. Only URL is required.
type Endpoint struct {
	// Share identifies the stream among those of its driver: one that is opened again goes on where the
	// one before ended.
	Share int
	// URL is the address with its path and query. For gRPC the path is /pkg.Service/Method.
	URL *url.URL
	// Header is sent with each call, as HTTP headers or gRPC metadata. A Host in it replaces the
	// host of URL in the Host header or :authority. A name without values omits a default header.
	Header http.Header
	// Bearer returns the bearer token. Open calls it for each stream. It may be nil.
	Bearer func(context.Context) (string, error)
	// Keep names fields of the response that opens the stream, for Stream.Header.
	Keep []string
	// Limit is the longest message accepted, in bytes, by default proto.MaxSize.
	Limit int

	// WebSocket.
	Subprotocols []string // offered
	Binary       bool     // send binary messages instead of text
	Deflate      Deflate  // offered
	Fragment     int      // longest frame sent, in bytes; 0 for one frame per message
	EmptyEnd     bool     // an empty message of the other type ends sending, instead of a close frame

	// SSE.
	Method   string   // of the request for events, by default GET
	Body     []byte   // of that request
	Base64   bool     // the data of events is base64
	Post     *url.URL // receives messages by POST; nil for streams that only receive
	PostEnd  *url.URL // receives an empty POST after the last message; nil for none, as for servers without sessions
	PostType string   // content type of POSTs, by default that of JSON or text, by message
	Fresh    bool     // do not resume after the last event of an earlier stream
	PostLate bool     // connect for POSTs with the first one, not in Open

	// Long polling.
	Cursor Cursor
	List   func() Finder // finds the messages in a response; nil if it is the message

	// gRPC. A method without streamed replies has a call for each message, or one for the stream.
	ClientStreams, ServerStreams bool          // kind of method
	OneCall                      bool          // a method without streamed replies has one call
	AwaitHeader                  bool          // Open waits for the response header
	Wrapped                      bool          // messages are bytes in field 1 of the protobuf messages
	Compression                  string        // empty or gzip
	Deadline                     time.Duration // of each call; 0 for none
	Batch                        int           // copies of a message in a client-streaming call
	Request                      []byte        // opens a server-streaming call
	// Requests returns request i of the client-streaming call for message p, valid until its next call,
	// and whether there is one. If it is nil, they are Batch copies of p.
	Requests func(p []byte, i int) ([]byte, bool)

	// TCP, and responses of long polling.
	Lengths bool   // prefix messages with their length (4 bytes) instead of sending lines
	Hello   []byte // the first message, which an empty reply accepts; nil for none. MQTT: a property of CONNECT

	MQTT MQTT
}

// MQTT configures a stream over MQTT 5, which is a connection.
type MQTT struct {
	Publish   string   // topic of sent messages; empty for streams that only receive
	Subscribe []string // topic filters of received messages
	QoS       byte     // of both, 0 to 2
	ClientID  string   // empty for one of the driver's
	User      string   // user name; empty for none
	Password  string   // empty for that of Bearer, if any
	// Session is how long the server keeps the subscriptions and messages of a stream that breaks, for the one that
	// is opened again. 0 for a new session each time.
	Session time.Duration
	End     string // topic of an empty message that ends the messages, in both directions; empty for none
}

// A Finder finds a value in a message, which is valid until the next call. It serves one stream.
type Finder func(message []byte) (value []byte, ok bool)

// A Cursor tells the server which messages a client of long polling has: the value of a response header, or one
// that Find reads in the response, is a parameter of the next request.
type Cursor struct {
	Query  string // name of the parameter; empty for none
	Header string // of the response; empty for Find
	Find   func() Finder
	First  string // value in the first request; empty for no parameter
}

// NewURL returns a URL. If secure, its scheme is the one with TLS, such as wss for ws.
func NewURL(scheme string, secure bool, address, path, query string) *url.URL {
	if secure {
		scheme += "s"
	}
	return &url.URL{Scheme: scheme, Host: address, Path: path, RawQuery: query}
}

// Deflate selects the offer of permessage-deflate (RFC 7692).
type Deflate uint8

// Offers of permessage-deflate.
const (
	DeflateOff        Deflate = iota
	DeflateTakeover           // with context takeover
	DeflateNoTakeover         // without context takeover, on both sides
)
