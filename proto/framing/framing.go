// Package framing turns messages into bytes and back, one type per wire format. A
// Framing is pure: it appends one message to a buffer and takes the first whole message
// out of one. Package eventloop connects framings to sockets, package http2 to streams.
package framing

import (
	"errors"
	"io"
	"strconv"

	"rtbench/proto"
)

// Kind is the kind of event that Next found.
type Kind uint8

// Kinds of events.
const (
	More    Kind = iota // no whole event yet: read more
	Message             // a whole message
	Reply               // bytes to send to the peer
	End                 // the peer's last event
)

// A Framing encodes and decodes the messages of one connection. Append and AppendEnd may
// be called while Next runs.
type Framing interface {
	// Append appends one whole message to dst. It does not change p.
	Append(dst, p []byte) []byte
	// AppendEnd appends the end of the messages, if the protocol has one.
	AppendEnd(dst []byte) []byte
	// Next takes the first event from in and returns the number of bytes used, which may
	// be positive for More too. It may write to in. p points into in or the framing and
	// is valid until the next call. It holds the Message or the Reply; with End, it holds
	// the final reply if the end closes both directions. An error means that the peer
	// broke the protocol, and p holds the reply to send before closing; an error with End
	// describes the peer's end and matches io.EOF (errors.Is) if that was normal.
	Next(in []byte) (kind Kind, p []byte, used int, err error)
	// AtEOF returns the error for a connection that ends with rest unused bytes: io.EOF
	// for a clean end, else io.ErrUnexpectedEOF.
	AtEOF(rest int) error
}

// A bounded framing returns the encoded size of its longest event in bytes if that may
// exceed 2 MiB.
type bounded interface{ maxEventSize() int }

// A replying framing returns replies to the peer from Next.
type replying interface{ replies() }

// Replies reports whether Next of f, which may be nil, can return replies.
func Replies(f Framing) bool {
	_, ok := f.(replying)
	return ok
}

// Errors caused by the peer.
var (
	ErrTooLong   = errors.New("message is longer than 1 MiB")
	ErrMalformed = errors.New("malformed frame")
)

// A FrameError is a protocol violation by the peer. It wraps ErrMalformed.
type FrameError struct {
	Code   int    // WebSocket close code that reports it, or 0
	Reason string // one of a fixed set of texts
}

func (e *FrameError) Error() string { return "malformed frame: " + e.Reason }

// Unwrap returns ErrMalformed.
func (e *FrameError) Unwrap() error { return ErrMalformed }

// Class returns the text of the error, for counting.
func (e *FrameError) Class() string { return e.Error() }

// A limitError wraps ErrTooLong and names a limit in bytes other than proto.MaxSize.
type limitError int

func (e limitError) Error() string {
	return "message is longer than " + strconv.Itoa(int(e)) + " bytes"
}
func (e limitError) Unwrap() error { return ErrTooLong }

// TooLong returns the error for messages over a limit in bytes. It wraps ErrTooLong.
func TooLong(limit int) error {
	if limit == proto.MaxSize {
		return ErrTooLong
	}
	return limitError(limit)
}

// maxEncoded bounds an encoded message: base64 and its frame.
const maxEncoded = proto.MaxSize/3*4 + 1024

// orMaxSize returns limit, or proto.MaxSize if limit is not positive.
func orMaxSize(limit int) int {
	if limit > 0 {
		return limit
	}
	return proto.MaxSize
}

// An endless framing has no end of its own: the end of the connection's or stream's direction is the
// messages' end.
type endless struct{}

// AppendEnd implements Framing. It appends nothing.
func (endless) AppendEnd(dst []byte) []byte { return dst }

// AtEOF implements Framing.
func (endless) AtEOF(rest int) error {
	if rest == 0 {
		return io.EOF
	}
	return io.ErrUnexpectedEOF
}
