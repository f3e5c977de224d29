package grpc

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rtbench/internal/lazyregexp"
	"rtbench/loadgen/driver"
)

// A callError is the error of a call or its connection, with its class.
type callError struct {
	err      error
	class    string
	sentinel error // driver.ErrMessageFailed, driver.ErrRefused or nil
	notSent  bool  // there was no connection: it is driver.ErrNotSent too
}

func (e *callError) Error() string {
	text := e.err.Error()
	if e.sentinel == nil {
		return text
	}
	if errors.Is(e.sentinel, driver.ErrRefused) {
		text = status.Convert(e.err).Message()
	}
	return e.sentinel.Error() + ": " + text
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

// explain returns an error of grpc-go with its class.
func (c *call) explain(err error) *callError {
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
	texts := []string{"while dialing", "error reading server preface", "latest balancer error", "last connection error", "waiting for connections to become ready"}
	return slices.ContainsFunc(texts, func(has string) bool { return strings.Contains(err.Error(), has) })
}

// Classes that both HTTP/2 clients report.
const (
	wrongContentType     = "wrong content type"
	classReset           = "HTTP/2 RST_STREAM"
	endedWithoutTrailers = "gRPC ended without trailers"
	unknownCompression   = "gRPC unknown compression"
)

// textClasses maps texts of grpc-go, for errors without a status code of their own, to classes, the most
// specific first.
var textClasses = []struct{ has, class string }{
	{"server closed the stream without sending trailers", endedWithoutTrailers},
	{"too_many_pings", "HTTP/2 GOAWAY: too many pings"},
	{"keepalive ping failed to receive ACK", "gRPC Unavailable: ping timeout"},
	{"received prior goaway", "HTTP/2 GOAWAY"},
	{"server is draining the connection", "HTTP/2 GOAWAY"},
	{"stream terminated by RST_STREAM", classReset},
	{"received unexpected content-type", wrongContentType},
	{"missing HTTP content-type", wrongContentType},
	{"Decompressor is not installed", unknownCompression},
	{"compressed flag set with identity or empty encoding", unknownCompression},
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
	if found := httpStatus.FindStringSubmatch(text); found != nil && found[1] != "200" {
		return "HTTP status " + found[1]
	}
	// A server uses the same texts for its limit.
	if ours := fmt.Sprint(" ", c.limit); strings.HasSuffix(text, "larger than max"+ours) || strings.Contains(text, " vs."+ours+")") {
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

var httpStatus = lazyregexp.New(`unexpected HTTP status code received from server: (\d+)`)
