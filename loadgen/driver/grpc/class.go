package grpc

import (
	"fmt"
	"regexp"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rtbench/loadgen/driver"
)

// A callError is the error of a call or its connection, with its class.
type callError struct {
	err      error // of grpc-go
	class    string
	sentinel error // driver.ErrMessageFailed, driver.ErrRefused or nil
	notSent  bool  // there was no connection: it is driver.ErrNotSent too
}

func (e *callError) Error() string {
	if e.sentinel != nil {
		return e.sentinel.Error() + ": " + e.err.Error()
	}
	return e.err.Error()
}

// Class returns the class for driver.Class.
func (e *callError) Class() string { return e.class }

// Unwrap returns the wrapped errors.
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

// markRefused makes the error driver.ErrRefused if its status is a refusal.
func (e *callError) markRefused() {
	switch status.Code(e.err) {
	case codes.InvalidArgument, codes.Unimplemented, codes.Unauthenticated, codes.PermissionDenied:
		e.sentinel = driver.ErrRefused
	}
}

// explain returns an error of grpc-go as a callError, nil for nil.
func (d *custom) explain(c *channel, err error) error {
	if err == nil {
		return nil
	}
	e := &callError{err: err, class: d.classify(err), notSent: noConnection(err)}
	if tls := d.target.TLS; tls != nil && len(tls.Certificates) == 0 && strings.Contains(err.Error(), " preface: ") && strings.HasPrefix(e.class, "gRPC Unavailable: ") {
		// The TLS alert can get lost with the connection.
		e.err = fmt.Errorf("%w (after the TLS handshake; the server may require a client certificate)", err)
	}
	if e.class == driver.TLSNoALPN { // grpc-go's text is about its own past releases
		e.err = status.Error(codes.Unavailable, driver.NoHTTP2)
	}
	if dialed := c.dialErr.Load(); dialed != nil && strings.Contains(err.Error(), "while dialing") {
		// grpc-go keeps only the text of the error.
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

// textClasses maps texts of grpc-go, for errors without a status code of their own, to classes, the most
// specific first.
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

// classify returns the class of an error of grpc-go.
func (d *custom) classify(err error) string {
	st := status.Convert(err)
	text := st.Message()
	if st.Code() == codes.DeadlineExceeded {
		return "gRPC DeadlineExceeded" // both ends report it, with various texts
	}
	if class := nonGRPCResponse(text); class != "" {
		return class
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

// tooLong reports whether a message exceeded the limit of this end: a server uses the same texts for its
// limit.
func (d *custom) tooLong(text string) bool {
	return strings.Contains(text, fmt.Sprintf("vs. %d)", d.limit())) ||
		strings.HasSuffix(text, fmt.Sprintf("larger than max %d", d.limit()))
}

var (
	httpStatus  = regexp.MustCompile(`unexpected HTTP status code received from server: (\d+)`)
	contentType = regexp.MustCompile(`received unexpected content-type "([^";]*)`)
)

// nonGRPCResponse returns the class of an HTTP response that is not gRPC, such as a proxy's.
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
