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

// A Driver speaks one protocol to one target. It is safe for concurrent use.
type Driver interface {
	// Open opens a stream and returns once the server has accepted the call. ctx bounds Open
	// only. Protocols that do not multiplex open a connection for each stream.
	Open(ctx context.Context, c proto.Call) (Stream, error)
	// Close ends the driver's streams and closes its connections.
	Close() error
}

// A Stream is the client's end of one exchange of messages.
type Stream interface {
	proto.Conn
	// CloseSend ends sending. The peer's remaining messages still arrive. The goroutine that
	// sends may call it more than once.
	CloseSend() error
	// Close ends the stream at once and unblocks Send and Recv. Any goroutine may call it, more
	// than once.
	Close() error
}

// A Writable stream knows if a Send would block.
type Writable interface {
	// Writable reports whether a Send would return without waiting for the peer. Only the
	// goroutine that sends may call it. A stream that Drive will hand to an event loop may
	// return true until then.
	Writable() bool
}

// An EventDriven stream can receive with an event loop instead of a goroutine that calls Recv.
type EventDriven interface {
	Stream
	Writable
	// Drive has l pass received messages to h. It must be called before the first Recv, once. If
	// it returns errors.ErrUnsupported, the stream is unchanged; after any other error it can
	// only be closed. See eventloop.Conn.
	Drive(l *eventloop.Loop, h proto.Handler) error
}

// A SyncSender is a Stream whose Send waits for the server's response to the message, as in a unary
// call. It does not block other streams.
type SyncSender interface{ SendWaits() bool }

// A CodeCloser is a Stream that can send a close code.
type CodeCloser interface {
	Stream
	// CloseSendWith is CloseSend with a WebSocket close code (RFC 6455, section 7.4).
	CloseSendWith(code int) error
}

// A Negotiator is a Stream that negotiated options with its server.
type Negotiator interface {
	// Negotiated describes the options that the server selected. It is empty if there are none.
	Negotiated() string
}

// A Retrier is a Driver whose server can set the delay before a reconnect.
type Retrier interface {
	// Retry returns that delay, 0 if the server has not set one.
	Retry() time.Duration
}
