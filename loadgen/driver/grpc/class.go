package grpc

import (
	"errors"
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
	switch e.sentinel {
	case nil:
		return e.err.Error()
	case driver.ErrRefused:
		return e.sentinel.Error() + ": " + status.Convert(e.err).Message()
	}
	return e.sentinel.Error() + ": " + e.err.Error()
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

// asRefused makes a callError driver.ErrRefused if its status is a refusal.
func asRefused(err error) error {
	e := (*callError)(nil)
	if errors.As(err, &e) {
		switch status.Code(e.err) {
		case codes.InvalidArgument, codes.Unimplemented, codes.Unauthenticated, codes.PermissionDenied:
			e.sentinel = driver.ErrRefused
		}
	}
	return err
}

// unavailable returns an error of a connection as status Unavailable, with its reason in the class.
func unavailable(err error) *callError {
	e := &callError{err: err, class: "gRPC Unavailable"}
	if name := driver.Class(err); name != "other" {
		e.class += ": " + name
	}
	return e
}

// explain returns an error of grpc-go as a callError, nil for nil.
func (c *call) explain(err error) error {
	if err == nil {
		return nil
	}
	e := &callError{err: err, class: c.classify(err), notSent: noConnection(err)}
	if tls := c.target.TLS; tls != nil && len(tls.Certificates) == 0 && strings.Contains(err.Error(), " preface: ") && strings.HasPrefix(e.class, "gRPC Unavailable: ") {
		// The TLS alert can get lost with the connection.
		e.err = fmt.Errorf("%w (after the TLS handshake; the server may require a client certificate)", err)
	}
	if e.class == driver.TLSNoALPN { // grpc-go's text is about its own past releases
		e.err = status.Error(codes.Unavailable, driver.NoHTTP2)
	}
	if dialed := c.channel.dialErr.Load(); dialed != nil && strings.Contains(err.Error(), "while dialing") {
		// grpc-go keeps only the text of the error.
		e.class = unavailable(*dialed).class
		e.err = fmt.Errorf("connecting to %s: %w", c.target.Address, *dialed)
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

// Classes that both HTTP/2 clients report.
const (
	classReset           = "HTTP/2 RST_STREAM"
	endedWithoutTrailers = "gRPC ended without trailers"
)

// textClasses maps texts of grpc-go, for errors without a status code of their own, to classes, the most
// specific first.
var textClasses = []struct{ has, class string }{
	{"server closed the stream without sending trailers", endedWithoutTrailers},
	{"received prior goaway", "HTTP/2 GOAWAY"},
	{"server is draining the connection", "HTTP/2 GOAWAY"},
	{"stream terminated by RST_STREAM", classReset},
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
func (c *call) classify(err error) string {
	st := status.Convert(err)
	text := st.Message()
	if st.Code() == codes.DeadlineExceeded {
		return "gRPC DeadlineExceeded" // both ends report it, with various texts
	}
	if class := nonGRPCResponse(text); class != "" {
		return class
	}
	if strings.Contains(text, "larger than max") && c.tooLong(text) {
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
func (c *call) tooLong(text string) bool {
	return strings.Contains(text, fmt.Sprintf("vs. %d)", c.limit)) ||
		strings.HasSuffix(text, fmt.Sprintf("larger than max %d", c.limit))
}

var (
	httpStatus  = regexp.MustCompile(`unexpected HTTP status code received from server: (\d+)`)
	contentType = regexp.MustCompile(`received unexpected content-type "([^";]*)`)
)

// nonGRPCResponse returns the class of an HTTP response that is not gRPC, such as a proxy's.
func nonGRPCResponse(text string) string {
	code := httpStatus.FindStringSubmatch(text)
	kind := contentType.FindStringSubmatch(text)
	if code != nil && code[1] != "200" {
		return responseClass(code[1])
	}
	if kind != nil || strings.Contains(text, "missing HTTP content-type") {
		return responseClass("200")
	}
	return ""
}

// responseClass returns the class of a response with an HTTP status that is not gRPC.
func responseClass(status string) string {
	if status == "200" {
		return "wrong content type"
	}
	return "HTTP status " + status
}
