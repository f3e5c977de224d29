package server

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// parseTimeout parses the value of grpc-timeout: up to 8 digits and a unit. It is 0 if the
// field is absent.
func parseTimeout(value string) (d time.Duration, ok bool) {
	if value == "" {
		return 0, true
	}
	digits, unit := value[:len(value)-1], value[len(value)-1:]
	n, err := strconv.ParseUint(digits, 10, 63)
	units := map[string]time.Duration{
		"H": time.Hour, "M": time.Minute, "S": time.Second, "m": time.Millisecond, "u": time.Microsecond, "n": time.Nanosecond,
	}
	if err != nil || len(digits) > 8 || units[unit] == 0 {
		return 0, false
	}
	if n > uint64(maxTimeout/units[unit]) {
		return maxTimeout, true
	}
	return max(time.Duration(n)*units[unit], 1), true
}

// maxTimeout is the longest deadline that is enforced; 99999999H would overflow.
const maxTimeout = 365 * 24 * time.Hour

var okTrailer = http2.Header{{Name: "grpc-status", Value: "0"}}

// grpcTrailer returns the trailer of a call that ends with err; nil is success.
func grpcTrailer(err error) http2.Header {
	if err == nil {
		return okTrailer
	}
	s := grpcStatus(err)
	return http2.Header{
		{Name: "grpc-status", Value: strconv.Itoa(int(s.Code()))},
		{Name: "grpc-message", Value: strings.ReplaceAll(url.QueryEscape(s.Message()), "+", "%20")},
	}
}

// grpcStatus returns the status of an error of a handler or of a stream.
func grpcStatus(err error) *status.Status {
	var known interface{ GRPCStatus() *status.Status }
	switch {
	case errors.As(err, &known):
		return known.GRPCStatus()
	case errors.Is(err, framing.ErrTooLong):
		return status.New(codes.ResourceExhausted, err.Error())
	case errors.Is(err, context.DeadlineExceeded):
		return status.New(codes.DeadlineExceeded, "the call's deadline has passed")
	case errors.Is(err, io.EOF):
		return status.New(codes.Internal, "the request has no message")
	}
	return status.New(codes.Internal, err.Error())
}
