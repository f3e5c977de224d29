// Package template is the user's own messages: templates that are cut into segments once
// and copied together for each message, rows that they are filled from, sizes that are
// drawn, and what is looked for in a reply. It is pure: text and values in, bytes out. It
// knows no protocol, no scenario and no clock.
package template

import "math/rand/v2"

// Values are what the names of a template mean for one message.
type Values struct {
	// Number counts the messages of all streams of a run, each once: {{.RequestNumber}}.
	Number uint64
	// Seq counts those of its stream, and Stream is which that is.
	Seq    uint64
	Stream uint32
	// Row is which row {{.Row.NAME}} is of, modulo how many there are.
	Row uint64
	// Unix is the wall clock in nanoseconds at which it is sent.
	Unix int64
	// Header is rtbench's own header in text form: {{.Header}}.
	Header []byte
	// Rand is what is drawn from; it belongs to the stream. It is nil only of formats that
	// draw nothing.
	Rand *rand.PCG
}

// A Format makes messages. It is immutable and safe for concurrent use.
type Format interface {
	// Append appends a message. It allocates nothing once dst has room, and never looks at
	// the format's text again.
	Append(dst []byte, v *Values) []byte
}

// A Field finds a value in a reply. It belongs to one goroutine.
type Field interface {
	// Find returns the text of the value, without the quotes and escapes of JSON, valid until
	// the next call and as long as the reply is; false where there is none.
	Find(reply []byte) (value []byte, ok bool)
}
