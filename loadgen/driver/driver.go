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

// A Stream is the client's end of one exchange.
type Stream interface {
	proto.Conn
	// CloseSend says that no more messages follow; the peer's last messages
	// still arrive. It may be called more than once, by the goroutine that
	// sends.
	CloseSend() error
	// Close ends the stream now and unblocks Send and Recv. Any goroutine, any
	// number of times.
	Close() error
}

// A EventDriven stream can be driven by an event loop, which has h take what Recv would
// have returned, instead of by a goroutine that calls Recv. Drive is asked once, before
// anything is received; errors.ErrUnsupported leaves the stream as it was, after any
// other error it can only be closed. The contract is eventloop.Conn's.
type EventDriven interface {
	Stream
	Writable
	Drive(l *eventloop.Loop, h proto.Handler) error
}

// A Writable stream knows whether a Send would wait.
type Writable interface {
	// Writable says that a Send would not wait for the peer. A stream that is to be Driven
	// knows it from then on, and says so before too. It is asked by who sends.
	Writable() bool
}

// A Driver speaks one protocol on one connection to one target. It is safe for
// concurrent use.
type Driver interface {
	// Open opens a stream and returns when the server has accepted the call. ctx
	// bounds Open only. A protocol that carries one stream a connection opens a
	// connection for each.
	Open(ctx context.Context, c proto.Call) (Stream, error)
	// Close ends the driver's streams and its connection.
	Close() error
}

// A SyncSender is a Stream whose Send waits for the server's answer, which Recv then has: a
// call of its own for each message. Sends of others are not held up by it.
type SyncSender interface{ SendWaits() bool }

// A Retrier is a Driver whose server has said how long to wait before the next attempt.
type Retrier interface {
	// Retry is that time; 0 where it has not.
	Retry() time.Duration
}

// A CodeCloser is a Stream that can say why it ends.
type CodeCloser interface {
	Stream
	// CloseSendWith is CloseSend with a close code of RFC 6455, section 7.4.
	CloseSendWith(code int) error
}

// A Negotiator stream says what its server has chosen of what was offered.
type Negotiator interface {
	// Negotiated is empty where it chose nothing.
	Negotiated() string
}
