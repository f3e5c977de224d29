package grpc

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	nethttp2 "golang.org/x/net/http2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// endStatus returns the error of a call that ended with trailer and err; io.EOF for status OK.
func endStatus(trailer http2.Header, err error) error {
	if !errors.Is(err, io.EOF) {
		return statusError(err)
	}
	text := trailer.Get("grpc-status")
	code, err := strconv.ParseUint(text, 10, 32)
	switch {
	case text == "":
		return status.Error(codes.Internal, "the server ended the stream without a status")
	case err != nil:
		return status.Errorf(codes.Unknown, "the server ended the stream with status %q", text)
	case code == 0:
		return io.EOF
	}
	message := trailer.Get("grpc-message")
	if plain, err := url.PathUnescape(message); err == nil {
		message = plain
	}
	return status.Error(codes.Code(code), message)
}

// checkResponse returns an error unless the response header is of gRPC.
func checkResponse(h http2.Header) error {
	if strings.HasPrefix(h.Get("content-type"), "application/grpc") {
		return nil
	}
	code := codes.Unknown
	n, _ := strconv.Atoi(h.Get(":status"))
	switch n {
	case http.StatusBadRequest:
		code = codes.Internal
	case http.StatusUnauthorized:
		code = codes.Unauthenticated
	case http.StatusForbidden:
		code = codes.PermissionDenied
	case http.StatusNotFound:
		code = codes.Unimplemented
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		code = codes.Unavailable
	}
	return status.Errorf(code, "the response is %q with HTTP status %d, not gRPC", h.Get("content-type"), n)
}

// statusError gives an error the status that grpc-go would, so that both have the same class.
func statusError(err error) error {
	code := codes.Unavailable
	var reset *http2.StreamReset
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &reset):
		code = resetCode(reset.Code)
	case errors.Is(err, net.ErrClosed):
		code = codes.Canceled
	case errors.Is(err, framing.ErrTooLong):
		code = codes.ResourceExhausted
	case errors.Is(err, framing.ErrMalformed):
		code = codes.Internal
	}
	return status.Error(code, err.Error())
}

// resetCode maps the code of a RST_STREAM to a gRPC code ("HTTP2 Transport Mapping" in the gRPC
// specification).
func resetCode(c nethttp2.ErrCode) codes.Code {
	switch c {
	case nethttp2.ErrCodeRefusedStream:
		return codes.Unavailable
	case nethttp2.ErrCodeCancel:
		return codes.Canceled
	case nethttp2.ErrCodeEnhanceYourCalm, nethttp2.ErrCodeFlowControl:
		return codes.ResourceExhausted
	case nethttp2.ErrCodeInadequateSecurity:
		return codes.PermissionDenied
	}
	return codes.Internal
}
