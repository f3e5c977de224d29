package grpc

import (
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
	"rtbench/proto/http2"
)

// leanEnd returns the error of a call that ended with trailer and err; io.EOF for status OK.
func leanEnd(trailer http2.Header, err error) error {
	if !errors.Is(err, io.EOF) {
		return leanError(err)
	}
	text := trailer.Get("grpc-status")
	code, err := strconv.ParseUint(text, 10, 32)
	switch {
	case text == "":
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
	if strings.HasPrefix(kind, "application/grpc") {
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

// leanError gives an error of package http2 the class that it has over grpc-go.
func leanError(err error) error {
	var reset *http2.StreamReset
	var op *net.OpError
	switch {
	case errors.As(err, &reset):
		return &callError{err: err, class: classReset}
	case errors.Is(err, net.ErrClosed), driver.TLSClass(err) != "":
		return err
	case errors.As(err, &op), strings.HasPrefix(driver.Class(err), "connection "):
		return unavailable(err)
	}
	return err
}
