// Package framing turns messages into bytes and back, one type per wire format. A
// Framing is pure: it appends one message to a buffer and takes the first whole message
// out of one. Package eventloop connects framings to sockets, package http2 to streams.
package framing

import (
	"errors"
	"strconv"

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
	// framing, is valid until the next call, and holds a Message, a Reply, or with End
	// the last that the peer must be sent, if that ends both directions.
	// Next may write to in. After an error, which a peer that broke the protocol
	// causes, p holds what to tell the peer before closing. An error with End says how
	// the peer ended: it is io.EOF (errors.Is) where that was in order.
	Next(in []byte) (kind Kind, p []byte, used int, err error)
	// AtEOF says what it means that the connection ends here, with rest bytes
	// unused: io.EOF for a clean end, else io.ErrUnexpectedEOF.
	AtEOF(rest int) error
}

// A bounded framing says how long its longest event is, in bytes as encoded, where that is
// not 2 MiB or less.
type bounded interface{ longest() int }

// Errors of peers that break a protocol.
var (
	ErrTooLong   = errors.New("message is longer than 1 MiB")
	ErrMalformed = errors.New("malformed frame")
)

// A FrameError is a way in which a peer broke a protocol of frames. It is ErrMalformed.
type FrameError struct {
	Code   int    // of the close frame that says so, where the protocol has one; else 0
	Reason string // one of a small number, without what is of one occurrence
}

func (e *FrameError) Error() string { return "malformed frame: " + e.Reason }

// Unwrap makes it ErrMalformed.
func (e *FrameError) Unwrap() error { return ErrMalformed }

// Class names the kind of the error, so that errors can be counted.
func (e *FrameError) Class() string { return e.Error() }

// A limitError is ErrTooLong where the limit, in bytes, is another.
type limitError int

func (e limitError) Error() string {
	return "message is longer than " + strconv.Itoa(int(e)) + " bytes"
}
func (e limitError) Unwrap() error { return ErrTooLong }

func tooLong(limit int) error {
	if limit == proto.MaxSize {
		return ErrTooLong
	}
	return limitError(limit)
}

// maxEncoded bounds a message in its encoded form: base64 and the frame around it.
const maxEncoded = proto.MaxSize/3*4 + 1024
