// Package codec turns the headers of measured messages into the bytes that streams carry, and
// received bytes back into headers. Load generator and servers know headers only.
package codec

import "rtbench/proto"

// A Codec encodes and decodes the messages of one stream. One goroutine may call Encode while
// another calls Decode and Next. None of them allocates, unless an encoding's library does.
type Codec interface {
	// Encode returns the message with header h, valid until the next Encode.
	Encode(h proto.Header) ([]byte, error)
	// Decode decodes the first message of frame b, received at the time at (nanoseconds of
	// clock.Now). more reports whether Next will return another. The codec may keep b until the last
	// of them.
	Decode(b []byte, at int64) (h proto.Header, o Outcome, more bool)
	// Next decodes the next message of the last frame.
	Next() (h proto.Header, o Outcome, more bool)
}

// An Outcome tells how a received message counts. It determines which fields of the message's
// header are valid.
type Outcome uint8

// Outcomes. The first ones concern a numbered message, the last ones none.
const (
	// Intact is a message as expected, with a valid header. It has no times if it is due at 0.
	Intact Outcome = iota
	// Corrupt is a damaged message. Its header is unreliable: see Damaged.
	Corrupt
	// Repeated is a reply to a message that was answered before, or so long ago that only its
	// number is known.
	Repeated
	// Wrong is a reply with unexpected content. Its times are those of the request.
	Wrong
	// NoStamp is a pushed message without the time that it should carry.
	NoStamp
	// Unstamped is a pushed message that has neither time nor number, as expected otherwise.
	Unstamped
	// UnstampedWrong is Unstamped with unexpected content.
	UnstampedWrong
	// Unnumbered is a failed reply that belongs to no known message.
	Unnumbered
	// Unmatched is a message that matches no request.
	Unmatched
	// Surplus is Unmatched, and earlier messages may have been matched to the wrong request.
	Surplus
	// Ignored is a message that the script says is no reply.
	Ignored
	// None is a message that does not count, such as one that a step of the script awaits.
	None
	// End is a message that ends an answer.
	End
)
