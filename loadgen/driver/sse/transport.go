package sse

import (
	"context"
	"crypto/tls"
	"net"
	"strings"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// A transport carries requests and responses over one version of HTTP.
type transport interface {
	// requestEvents sends r and reads the response head. in takes the events apart.
	requestEvents(ctx context.Context, r httpwire.Request, in *framing.EventStream) (*response, error)
	// postLinks returns a function that connects for the POSTs of a stream. shared reports that they
	// use the connection of the events.
	postLinks(e *driver.Endpoint) (dial func(context.Context) (link, error), shared bool)
	// Close closes shared connections.
	Close() error
}

// A link carries POSTs, one at a time. Its methods, except Close, belong to the goroutine that sends.
// A POST does not allocate once the buffers have grown.
type link interface {
	// usable reports whether the link can carry another POST.
	usable() bool
	// post sends r with body p and waits for the response, whose body is valid until the next call.
	// unprocessed reports that the connection ended before a response.
	post(r *postRequest, p []byte) (a answer, unprocessed bool, err error)
	// Close aborts a POST.
	Close() error
}

// A postRequest is a POST without its body. The link that sends it encodes its head, once.
type postRequest struct {
	httpwire.Request
	head   []byte       // for HTTP/1.1, up to the value of Content-Length
	fields http2.Header // for HTTP/2
}

// An answer is the response to a POST.
type answer struct {
	status   int
	location string
	body     []byte // its start, at most maxPostResponse bytes
}

// maxPostResponse is the longest response body to a POST, in bytes: the initial window of HTTP/2. The
// rest of a longer one is discarded with the link.
const maxPostResponse = 64<<10 - 1

// postTarget returns the target of an endpoint's POSTs. other reports that it is another server than t,
// the target of the events.
func postTarget(t driver.Target, e *driver.Endpoint) (posts driver.Target, other bool) {
	u, from := e.Post, e.URL
	if u.Scheme == from.Scheme && strings.EqualFold(u.Hostname(), from.Hostname()) && httpwire.Port(u) == httpwire.Port(from) {
		return t, false
	}
	posts = t
	posts.Address = net.JoinHostPort(u.Hostname(), httpwire.Port(u))
	switch {
	case u.Scheme != "https":
		posts.TLS = nil
	case t.TLS == nil:
		posts.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return posts, posts.Address != t.Address || (posts.TLS == nil) != (t.TLS == nil)
}
