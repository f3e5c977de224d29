// Package proto is the wire contract: what server and loadgen share, and the
// only thing they share. It holds the Conn that every pattern is written over,
// the Call that opens a stream, the header that each message carries, the clock
// by which both ends stamp it, and the generated gRPC code. Its rooms are pace
// (when a message is due), record (what was measured), native (messages in JSON and
// protobuf) and wire (messages as bytes on a connection). It knows no protocol driver
// and no server.
package proto

import "rtbench/proto/clock"

// A Conn is one end of an ordered exchange of messages. One goroutine may Send
// while another Receives; two may not do the same at once.
type Conn interface {
	// Send sends one whole message. p may be reused once Send returns; Send does
	// not change it.
	Send(p []byte) error
	// Recv waits for the next message. The slice is valid, and may be written to,
	// until the next Recv. io.EOF is a clean end: the peer will send no more. Any
	// other error means that the exchange broke.
	Recv() ([]byte, error)
}

// A Handler takes what one end of an exchange receives. Its methods are called one
// at a time: by a goroutine in Receive, or by an event loop, which they must not hold
// up.
type Handler interface {
	// Message takes one message, received at (nanoseconds of clock.Now). The slice
	// is valid, and may be written to, during the call.
	Message(p []byte, at int64)
	// Ended is called once, when no more messages will come: with io.EOF in order,
	// with any other error when the exchange broke or was closed here.
	Ended(err error)
}

// Receive has h take what c receives and returns when that has ended.
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
