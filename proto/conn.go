// Package proto is the wire contract: what server and loadgen share, and the
// only thing they share. It holds the Conn that every pattern is written over,
// the Call that opens a stream, the header that each message carries, the clock
// by which both ends stamp it, and the generated gRPC code. Its rooms are pace
// (when a message is due), record (what was measured) and wire (messages as
// bytes on a connection). It knows no protocol driver and no server.
package proto

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
