// Package proto is the contract between server and loadgen, the only code that both
// share: Conn and Handler, over which every traffic pattern is written; the Call that
// opens a stream; the header of each message; and the generated gRPC code. Its
// subpackages hold the clock, pacing, recording, framings, event loop and HTTP/2. It
// knows neither the drivers nor the servers.
package proto

import "rtbench/proto/clock"

// A Conn is one end of an ordered exchange of messages. One goroutine may Send while
// another calls Recv.
type Conn interface {
	// Send sends one whole message. It does not change p, which may be reused once Send
	// returns.
	Send(p []byte) error
	// Recv returns the next message. The slice is valid, and may be modified, until the
	// next Recv. io.EOF is a clean end: the peer will send no more. Any other error means
	// that the exchange failed.
	Recv() ([]byte, error)
}

// A Handler receives messages. Its methods are called one at a time, by a goroutine in
// Receive or by an event loop, which they must not block.
type Handler interface {
	// Message handles one message, received at the time at (nanoseconds of clock.Now).
	// The slice is valid, and may be modified, during the call.
	Message(p []byte, at int64)
	// Ended is called once, when no more messages will come: with io.EOF after a clean
	// end, with another error if the exchange failed or was closed on this side.
	Ended(err error)
}

// Receive passes messages from c to h until the end.
func Receive(c Conn, h Handler) {
	for {
		p, err := c.Recv()
		if err != nil {
			h.Ended(err)
			return
		}
		h.Message(p, clock.Now())
	}
}
