package driver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
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

// Of what a server does that its protocol does not have, or that is not wanted: Open, Send
// and Recv return these, wrapped with what was seen. Class names each.
var customTable = []row{
	{"tcp", false, newOwnTCP},
	{"websocket", false, newOwnWebSocket},
	{"sse", false, newOwnSSE},
	{"sse-h2", true, newOwnSSEH2},
	{"grpc", true, newOwnGRPC},
}

// NewCustom returns a driver for a server of the user's own, which t.Own says how to speak to.
// Its Open asks nothing of the Call but the pattern and Share, which tells streams apart.
// It does not connect yet.
func NewCustom(protocol string, t Target) (Driver, error) {
	for _, r := range customTable {
		if r.name == protocol {
			return r.open(t), nil
		}
	}
	return nil, fmt.Errorf("no driver for a server of one's own over %q", protocol)
}

// A SyncSender is a Stream whose Send waits for the server's answer, which Recv then has: a
// call of its own for each message. Sends of others are not held up by it.
type SyncSender interface{ SendWaits() bool }

// A Retrier is a Driver whose server has said how long to wait before the next attempt.
type Retrier interface {
	// Retry is that time; 0 where it has not.
	Retry() time.Duration
}

// Permanent says of an error of Open that another attempt will hardly do better: the server
// refused for a reason that lies here, or is not the one that was meant.
func Permanent(err error) bool {
	class := Class(err)
	for _, passing := range []string{"HTTP status 408", "HTTP status 425", "HTTP status 429", "HTTP status 5", "gRPC Unavailable", "gRPC ResourceExhausted"} {
		if strings.HasPrefix(class, passing) {
			return false
		}
	}
	return class == noSuchHost || errors.Is(err, ErrRefused) || strings.HasPrefix(class, "TLS: ") || strings.HasPrefix(class, "not ")
}

// finalClasses are the classes of refusals after which a client does not ask again.
var finalClasses = []string{"HTTP status 204", "HTTP status 410", "wrong content type", "unasked content encoding"}

// Final reports whether an error of Open is final: the event stream is over or gone, or the
// answer is no event stream.
func Final(err error) bool {
	return errors.Is(err, ErrRefused) && slices.Contains(finalClasses, Class(err))
}
