package grpc

import (
	"fmt"
	"regexp"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rtbench/loadgen/driver"
)

// A callError is why a call or the connection for it failed: the library's own words, and
// the class that they come to.
type callError struct {
	err      error
	class    string
	sentinel error // ErrMessageFailed or ErrRefused, where it is one too
	// notSent makes it ErrNotSent too: there was no connection to make the call on.
	notSent bool
}

func (e *callError) Error() string {
	if e.sentinel != nil {
		return e.sentinel.Error() + ": " + e.err.Error()
	}
	return e.err.Error()
}

// Class names it, one of a small number.
func (e *callError) Class() string { return e.class }

func (e *callError) Unwrap() []error {
	all := []error{e.err}
	if e.sentinel != nil {
		all = append(all, e.sentinel)
	}
	if e.notSent {
		all = append(all, driver.ErrNotSent)
	}
	return all
}

// markRefused makes it ErrRefused where the status of a call that no message came of says so.
func (e *callError) markRefused() {
	switch status.Code(e.err) {
	case codes.InvalidArgument, codes.Unimplemented, codes.Unauthenticated, codes.PermissionDenied:
		e.sentinel = driver.ErrRefused
	}
}

// explain gives an error of the library its class; nil stays nil.
func (d *custom) explain(c *channel, err error) error {
	if err == nil {
		return nil
	}
	e := &callError{err: err, class: d.classify(err), notSent: noConnection(err)}
	if tls := d.target.TLS; tls != nil && len(tls.Certificates) == 0 && strings.Contains(err.Error(), " preface: ") && strings.HasPrefix(e.class, "gRPC Unavailable: ") {
		// Where its alert is lost with the connection, there is nothing else to go by.
		e.err = fmt.Errorf("%w (right after the TLS handshake: it may want a client's certificate)", err)
	}
	if e.class == driver.TLSNoALPN { // the library's text points to its own past releases
		e.err = status.Error(codes.Unavailable, driver.NoHTTP2)
	}
	if dialed := c.dialErr.Load(); dialed != nil && strings.Contains(err.Error(), "while dialing") {
		// The library has kept the text alone.
		e.err = fmt.Errorf("connecting to %s: %w", d.target.Address, *dialed)
		e.class = "gRPC Unavailable"
		if name := driver.Class(*dialed); name != "other" {
			e.class += ": " + name
		}
	}
	return e
}

// noConnection reports whether a call failed because its channel had no connection.
func noConnection(err error) bool {
	text := err.Error()
	for _, has := range []string{"while dialing", "error reading server preface", "latest balancer error", "last connection error", "waiting for connections to become ready"} {
		if strings.Contains(text, has) {
			return true
		}
	}
	return false
}

// textClasses are the library's words for what has no status code of its own, the more
// telling ones first.
var textClasses = []struct{ has, class string }{
	{"server closed the stream without sending trailers", "gRPC ended without trailers"},
	{"received prior goaway", "HTTP/2 GOAWAY"},
	{"server is draining the connection", "HTTP/2 GOAWAY"},
	{"stream terminated by RST_STREAM", "HTTP/2 RST_STREAM"},
	{"trying to send message larger than max", "message too long"},
	{"Decompressor is not installed", "gRPC unknown compression"},
	{"compressed flag set with identity or empty encoding", "gRPC unknown compression"},
	{"error reading server preface: EOF", "gRPC Unavailable: connection closed by the server"},
	{"connection reset by peer", "gRPC Unavailable: connection reset"},
	{"error reading server preface", "not HTTP/2"},
	{"frame too large", "not HTTP/2"},
	{"error reading from server: EOF", "gRPC Unavailable: connection closed by the server"},
	{"error reading from server: unexpected EOF", "gRPC Unavailable: connection closed by the server"},
	{"broken pipe", "gRPC Unavailable: connection closed by the server"},
}

// classify names an error of the library.
func (d *custom) classify(err error) string {
	st := status.Convert(err)
	text := st.Message()
	if st.Code() == codes.DeadlineExceeded {
		return "gRPC DeadlineExceeded" // as both ends say it, in several ways
	}
	if foreign := nonGRPCResponse(text); foreign != "" {
		return foreign
	}
	if strings.Contains(text, "larger than max") && d.tooLong(text) {
		return "message too long"
	}
	if name := driver.TLSClass(err); name != "" {
		return name
	}
	for _, t := range textClasses {
		if strings.Contains(text, t.has) {
			return t.class
		}
	}
	return "gRPC " + st.Code().String()
}

// tooLong says whether a message was longer than our own limit: a server has the same
// words for its own.
func (d *custom) tooLong(text string) bool {
	return strings.Contains(text, fmt.Sprintf("vs. %d)", d.limit())) ||
		strings.HasSuffix(text, fmt.Sprintf("larger than max %d", d.limit()))
}

var (
	httpStatus  = regexp.MustCompile(`unexpected HTTP status code received from server: (\d+)`)
	contentType = regexp.MustCompile(`received unexpected content-type "([^";]*)`)
)

// nonGRPCResponse names an answer that is HTTP and not gRPC, as a proxy or another server
// gives it.
func nonGRPCResponse(text string) string {
	code := httpStatus.FindStringSubmatch(text)
	kind := contentType.FindStringSubmatch(text)
	switch {
	case code != nil && code[1] != "200":
		return "HTTP status " + code[1]
	case kind != nil, strings.Contains(text, "missing HTTP content-type"):
		return "wrong content type"
	}
	return ""
}
