// Package driver is the seam between the load generator and a protocol: a Driver opens Streams, and
// every traffic pattern is written over those. It keeps no time and records nothing. Each protocol
// has a package below this one; package drivers lists them.
package driver

import (
	"context"
	"time"

	"rtbench/proto"
	"rtbench/proto/eventloop"
)

// A Driver speaks one protocol to one target. It is safe for concurrent use, keeps no time and records
// nothing.
type Driver interface {
	// Open opens a stream and returns once the server has accepted it. ctx bounds Open only. Protocols
	// that do not multiplex open a connection for each stream.
	Open(ctx context.Context, e *Endpoint) (*Stream, error)
	// Close ends the driver's streams and closes its connections.
	Close() error
}

// A Conn is the client's end of one exchange of messages.
type Conn interface {
	proto.Conn
	// CloseSend ends sending. The peer's remaining messages still arrive. The goroutine that
	// sends may call it more than once.
	CloseSend() error
	// Close ends the stream at once and unblocks Send and Recv. Any goroutine may call it, more
	// than once.
	Close() error
}

// A Stream is an open Conn with its capabilities, which do not change.
type Stream struct {
	Conn
	// Loop lets an event loop receive. It is nil if none can.
	Loop Drivable
	// Writable tells whether a Send would wait for the peer. It is nil if that is unknown.
	Writable Writable
	// SendWaits reports that Send waits for the server's response to the message, as in a unary call.
	// It does not block other streams.
	SendWaits bool
	// Codes ends sending with a close code. It is nil if the protocol has none.
	Codes CodeCloser
	// Negotiated describes the options that the server selected. It is empty if there are none.
	Negotiated string
	// Header returns the first value of a field of the response that opened the stream, and whether it has
	// one: of the WebSocket handshake, of the response with events, or of the header metadata of a gRPC
	// call, for which it waits until the stream ends. Endpoint.Keep must name the field. It is nil if
	// there is no such response, or if Keep is empty.
	Header func(name string) (value string, ok bool, err error)
	// Retry returns the delay that the server asks for before the stream is opened again, 0 if it does
	// not ask. It may be called once the stream has ended. It is nil if the protocol has none.
	Retry func() time.Duration
	// StreamLimit is the number of concurrent streams that the server allows on the driver's
	// connection (RFC 9113, SETTINGS_MAX_CONCURRENT_STREAMS); streams beyond it wait. It is 0 if there
	// is no limit. The driver needs ReservedStreams of them for itself.
	StreamLimit, ReservedStreams int
}

// A Drivable is a stream that an event loop can drive.
type Drivable interface {
	// Drive has l pass received messages to h, instead of a goroutine that calls Recv. It must be
	// called once, never during Recv; h receives what Recv has not returned. If it returns errors.ErrUnsupported, the
	// stream is unchanged; after any other error it can only be closed. See eventloop.Conn.
	Drive(l *eventloop.Loop, h proto.Handler) error
	// Park prepares an open stream for Drive, so that it takes less memory until then. Call it never during Recv.
	Park()
}

// A Writable is a stream that knows whether a Send would return without waiting for the peer.
type Writable interface {
	// Writable may be called by the goroutine that sends. Until an event loop drives the stream, it may return true
	// although Send would wait.
	Writable() bool
}

// A CodeCloser is a stream with the close codes of WebSocket (RFC 6455, section 7.4).
type CodeCloser interface {
	// CloseWith is CloseSend with a close code.
	CloseWith(code int) error
}

// A DrivenConn is a Conn with both capabilities.
type DrivenConn interface {
	Conn
	Drivable
	Writable
}

// Driven returns a stream on c that an event loop can drive, such as an eventloop.Conn.
func Driven(c DrivenConn) *Stream { return &Stream{Conn: c, Loop: c, Writable: c} }
