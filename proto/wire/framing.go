// Package wire turns messages into bytes on a connection and back. A Framing is
// pure: it appends one message to a buffer, and takes the first whole message
// out of one. Conn is the blocking shell around it that both ends use, HTTP2 the
// client's end of a connection that carries many streams; a Loop drives either. What
// a library does (gRPC by grpc-go, a server's HTTP/2) is not here.
package wire

import (
	"errors"

	"rtbench/proto"
)

// Kind says what Next found.
type Kind uint8

// What Next can find.
const (
	More    Kind = iota // no whole event yet: read on
	Message             // a whole message
	Reply               // bytes that must be sent to the peer
	End                 // the peer will send no more
)

// A Framing is one connection's way of writing messages as bytes. It belongs to
// one connection; Append and AppendEnd may be called while Next runs.
type Framing interface {
	// Append appends one whole message to dst. It does not change p.
	Append(dst, p []byte) []byte
	// AppendEnd appends what says that no more messages follow, if the protocol
	// has anything that says it.
	AppendEnd(dst []byte) []byte
	// Next takes the first event out of in and says how many bytes of in it
	// used, which may be above zero for More too. p points into in or into the
	// framing, is valid until the next call, and holds a Message or a Reply.
	// Next may write to in. After an error, which a peer that broke the protocol
	// causes, p holds what to tell the peer before closing.
	Next(in []byte) (kind Kind, p []byte, used int, err error)
	// AtEOF says what it means that the connection ends here, with rest bytes
	// unused: io.EOF for a clean end, else io.ErrUnexpectedEOF.
	AtEOF(rest int) error
}

// Errors of peers that break a protocol.
var (
	ErrTooLong   = errors.New("message is longer than 1 MiB")
	ErrMalformed = errors.New("malformed frame")
)

// maxEncoded bounds a message in its encoded form: base64 and the frame around it.
const maxEncoded = proto.MaxSize/3*4 + 1024
