// Package template implements user-defined messages: templates compiled to segments, rows of data,
// random sizes, and paths into replies. It is pure: text and values in, bytes out. It knows no
// protocol, scenario or clock.
package template

import "math/rand/v2"

// Values are the values of a template's actions for one message.
type Values struct {
	// Number counts the messages of all streams of a run: {{.RequestNumber}}.
	Number uint64
	// Seq counts the messages of a stream; Stream is its index.
	Seq    uint64
	Stream uint32
	// Room is the room of the stream.
	Room uint32
	// Row is the row of {{.Row.NAME}}, modulo the number of rows.
	Row uint64
	// Unix is the wall clock at sending time, in nanoseconds.
	Unix int64
	// Header returns rtbench's header in text form, for {{.Header}}; nil: there is none.
	Header func() []byte
	// Captured are the values taken from replies, in the order of Options.Captured.
	Captured []Capture
	// Rand is the stream's random source; nil only for formats that draw nothing.
	Rand *rand.PCG
}

// A Format builds messages. It is immutable and safe for concurrent use.
type Format interface {
	// Append appends a message. It allocates nothing once dst has capacity.
	Append(dst []byte, v *Values) []byte
}

// A Checker is a Format that not all captured values fit.
type Checker interface {
	// Check returns an error if a message with the captured values of v would be invalid.
	Check(v *Values) error
}

// A Field finds a value in a reply. It is not safe for concurrent use.
type Field interface {
	// Find returns the value without JSON quotes and escapes, valid until the next call or until
	// the reply changes; false if there is none.
	Find(reply []byte) (value []byte, ok bool)
}
