package driver

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

var classes = []struct {
	err  error
	name string
}{
	{ErrRefused, "call refused"},
	{ErrPing, "ping timeout"},
	{framing.ErrMalformed, "malformed frame"},
	{framing.ErrTooLong, "message too long"},
	{syscall.ECONNREFUSED, proto.ConnectionRefused},
	{syscall.ENOENT, "no such socket"}, // a Unix socket
	{syscall.ECONNRESET, "connection reset"},
	{syscall.EPIPE, "connection closed by the server"},
	{ErrEnded, "connection closed by the server"},
	{eventloop.ErrPeerEnded, "connection closed by the server"},
	{syscall.EMFILE, "too many open files"},
	{syscall.EADDRNOTAVAIL, "no local port left"},
	{io.ErrUnexpectedEOF, "connection closed by the server"},
	{io.EOF, "connection closed by the server"},
	{net.ErrClosed, "connection closed here"},
	{context.DeadlineExceeded, "timeout"},
	{context.Canceled, "cancelled"},
}

const noSuchHost = "no such host"

// A classifier is an error that knows its class. It takes precedence over the table.
type classifier interface{ Class() string }

// Class returns the class of an error from a driver or a stream. Errors are counted by class, so
// there are few classes, without details of a single occurrence.
func Class(err error) string {
	var c classifier
	if errors.As(err, &c) {
		return c.Class()
	}
	if name := TLSClass(err); name != "" {
		return name
	}
	for _, c := range classes {
		if errors.Is(err, c.err) {
			return c.name
		}
	}
	if code := status.Code(err); code != codes.Unknown {
		return proto.StatusGRPC + code.String()
	}
	var lookup *net.DNSError
	if errors.As(err, &lookup) && lookup.IsNotFound {
		return noSuchHost
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "timeout"
	}
	return "other"
}
