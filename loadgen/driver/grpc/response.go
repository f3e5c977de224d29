package grpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rtbench/loadgen/driver"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// A response is the http2.Response of calls over rtbench's own HTTP/2, one after another.
type response struct{ messages framing.GRPCCall }

func newResponse(c *call) *response {
	e := c.endpoint
	return &response{framing.GRPCCall{Wrapped: e.Wrapped, Compress: e.Compression != "", Limit: c.limit}}
}

// Header implements http2.Response.
func (r *response) Header(h http2.Header) error {
	r.messages.SetEncoding(h.Get("grpc-encoding"))
	return checkResponse(h)
}

// End implements http2.Response.
func (r *response) End(trailer http2.Header, err error) error {
	if err = leanEnd(trailer, err); r.messages.Received() {
		return err
	}
	return asRefused(err)
}

// leanEnd returns the error of a call that ended with trailer and err; io.EOF for status OK.
func leanEnd(trailer http2.Header, err error) error {
	if !errors.Is(err, io.EOF) {
		return leanError(err)
	}
	text := trailer.Get("grpc-status")
	code, err := strconv.ParseUint(text, 10, 32)
	switch {
	case len(trailer) == 0:
		return &callError{err: errors.New("the server ended the stream without a status"), class: endedWithoutTrailers}
	case err != nil:
		return &callError{err: fmt.Errorf("the server ended the stream with status %q", text), class: "gRPC Unknown"}
	case code == 0:
		return io.EOF
	}
	message := trailer.Get("grpc-message")
	if plain, err := url.PathUnescape(message); err == nil {
		message = plain
	}
	return &callError{err: status.Error(codes.Code(code), message), class: "gRPC " + codes.Code(code).String()}
}

// checkResponse returns an error unless the response header is of gRPC.
func checkResponse(h http2.Header) error {
	kind, code := h.Get("content-type"), h.Get(":status")
	if rest, ok := strings.CutPrefix(kind, "application/grpc"); ok && (rest == "" || rest[0] == '+' || rest[0] == ';') {
		return nil
	}
	e := &callError{err: fmt.Errorf("the response is %q with HTTP status %s, not gRPC", kind, code), class: "HTTP status " + code}
	if code == "200" {
		e.class = wrongContentType
	}
	if code == "401" || code == "403" || code == "404" {
		e.sentinel = driver.ErrRefused
	}
	return e
}

// Errors of calls without streamed replies, as in grpc-go.
var (
	errNoReply     = internalError("the server sent no reply and status OK")
	errSecondReply = internalError("the server sent a second reply")
)

func internalError(text string) *callError {
	return &callError{err: status.Error(codes.Internal, text), class: "gRPC Internal"}
}

// leanError gives an error of package http2 or framing the class that it has over grpc-go.
func leanError(err error) error {
	var call *callError
	var reset *http2.StreamReset
	var frame *framing.FrameError
	var op *net.OpError
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.As(err, &call):
		return err
	case errors.Is(err, http2.ErrDeadline):
		return &callError{err: status.Error(codes.DeadlineExceeded, context.DeadlineExceeded.Error()), class: "gRPC DeadlineExceeded"}
	case errors.As(err, &reset):
		return &callError{err: err, class: classReset}
	case errors.Is(err, framing.ErrCompression):
		return &callError{err: err, class: unknownCompression}
	case errors.As(err, &frame):
		return &callError{err: err, class: "gRPC Internal"}
	case errors.Is(err, net.ErrClosed), driver.TLSClass(err) != "":
		return err
	case errors.As(err, &op), strings.HasPrefix(driver.Class(err), "connection "):
		return unavailable(err)
	}
	return err
}

// asCallError returns err as a callError.
func asCallError(err error) *callError {
	var e *callError
	if errors.As(err, &e) {
		return e
	}
	return &callError{err: err, class: driver.Class(err)}
}
