package driver

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// An Endpoint is how a server of the user's own is spoken to. Its drivers carry the bytes
// of messages as they are given: what those say is not their business. The zero value of
// all but URL is good.
type Endpoint struct {
	// URL has scheme, host, path and query. Over gRPC its path is /pkg.Service/Method.
	URL *url.URL
	// Header is sent with each call: HTTP headers, or metadata of gRPC. Cookies are in it. Host
	// in it replaces the host of URL in the Host header or :authority.
	Header http.Header
	// Bearer returns the token to show, and is asked with each Open; nil for none.
	Bearer func(context.Context) (string, error)
	// Limit is the longest message taken, in bytes; 0 means proto.MaxSize.
	Limit int

	// Of WebSocket: what is offered, what messages are sent as, whether permessage-deflate
	// is offered and if a window is kept, and the longest frame (0: a frame a message).
	Subprotocols []string
	Binary       bool
	Deflate      Deflate
	Fragment     int

	// Of SSE: the request for events (Method empty: GET), and where messages are posted; nil:
	// the stream only listens.
	Method string
	Body   func(share int) []byte // by the Call's Share; nil: none
	Post   *url.URL

	// Of gRPC: what the method is, whether messages are compressed, how long a call may take
	// (0: for ever), and how many times a message is sent in a call of client streaming.
	ClientStreams, ServerStreams bool
	Compression                  string // empty or gzip
	Deadline                     time.Duration
	Batch                        int
	// Request returns the message that opens a call of server streaming, by the Call's Share.
	Request func(share int) []byte

	// Of tcp: four bytes of length before each message; else each is a line.
	Lengths bool
}

// A Deflate is whether messages of a WebSocket are compressed (RFC 7692).
type Deflate uint8

// Deflate's values: not offered; with the window kept from one message to the next; with
// none kept on either side.
const (
	DeflateOff Deflate = iota
	DeflateTakeover
	DeflateNoTakeover
)
