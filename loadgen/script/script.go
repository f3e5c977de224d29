// Package script is what a connection says to a server of the user's own, and what it takes
// for an answer: a driver over another, whose streams have rtbench's measured messages
// travel as the user's. What the generator sends it turns into a message of the scenario;
// of a reply it makes the measured message that it answers. So all that is measured of
// rtbench's own servers is measured of any, by the same code. It records nothing.
package script

import (
	"time"

	"rtbench/scenarios/template"
)

// Observer is told what a reply has that a measured message has not. Its methods are called
// by whoever receives, of many streams at once, and what is not as it should be is rare.
type Observer interface {
	// Unexpected counts a failed reply to the message that was due at due (nanoseconds of
	// clock.Now; 0: not known). Example shows it to people; it is empty unless the reply is the
	// first of its class on its stream.
	Unexpected(class, example string, due int64)
	// Unmatched counts a message that answers none; b is valid until it returns.
	Unmatched(b []byte)
	// Unstamped counts a pushed message with neither a stamp nor a number, which is as expected
	// or not; b is valid until it returns.
	Unstamped(b []byte, expected bool)
	// Surplus counts an unmatched message because of which matching by order may have paired
	// replies with the wrong messages.
	Surplus()
}

// A Script is all that the streams of a cell say and look for, compiled. It is shared by
// them and never changed. The zero value sends what it is given and takes what comes.
type Script struct {
	// Messages are sent in turn; none: rtbench's own message, as it is.
	Messages []template.Format
	// Match says how a reply is matched, and Field makes what finds the value to match by; nil:
	// the whole reply.
	Match MatchBy
	Field func() template.Field
	// Stamp is where a message carries the server's time; the zero value: nowhere.
	Stamp Stamp
	// Expect is what each reply must be; nil: anything.
	Expect *Condition
	// Opening and Closing are what is done before and after the measured messages.
	Opening, Closing []Step
	// Ignore holds conditions; a message that meets one is no reply.
	Ignore []Condition
	// Records splits frames into the records they carry.
	Records bool
	// Items splits JSON arrays of objects too.
	Items bool
	// Valid reports whether the schema can decode a message, and Invalid is the class of those
	// that it cannot; nil: there is no schema.
	Valid        func([]byte) bool
	InvalidClass string
	// Kind returns the same number for messages of one kind; nil: template.Kind.
	Kind func([]byte) uint64
	// RowPerMessage gives each message the next row, instead of the row of its stream.
	RowPerMessage bool
	// Show is a message for people to read, cut; nil: as it is.
	Show func([]byte) string
	// Mask is a message without the secrets in it, before it is shown; nil: as it is.
	Mask func([]byte) []byte
	// FieldOrZero is Field, but also finds a number 0 that proto3 left out; nil if the protocol sends
	// zeros.
	FieldOrZero func() template.Field
	// FirstNumber is the first number of {{.RequestNumber}} and {{.UUID}}.
	FirstNumber uint64
	// Seed is of what is drawn.
	Seed uint64
}

// MatchBy is how a reply is told to be that of a message.
type MatchBy uint8

// The ways of matching: by the header that the server returns, by a field that holds the
// message's number or UUID, in the order sent, or not at all.
const (
	MatchHeader MatchBy = iota
	MatchField
	MatchOrder
	MatchNone
)

// A Stamp is where a message carries the time at which the server sent it.
type Stamp struct {
	Field func() template.Field // nil: nowhere
	Unit  time.Duration         // that the number counts; 0: text of RFC 3339
	Text  string                // the field in the user's words, for messages
}

// A Condition is what a message must be.
type Condition struct {
	Field func() template.Field // nil: of the whole message
	Holds func(value []byte) bool
	// Text is the condition in the user's words, for messages.
	Text string
}

// finder returns a finder of the condition's field; nil if the condition is of the whole
// message.
func (c *Condition) finder() template.Field {
	if c == nil || c.Field == nil {
		return nil
	}
	return c.Field()
}

// holds reports whether b meets the condition. Field is its finder.
func (c *Condition) holds(field template.Field, b []byte) bool {
	ok := true
	if field != nil {
		b, ok = field.Find(b)
	}
	return ok && c.Holds(b)
}

// A Step is one thing that a connection does beside the measured messages.
type Step struct {
	Do        string // authenticate, subscribe, send, wait, expect, think, close
	Format    template.Format
	Condition *Condition
	Within    time.Duration
	Pause     time.Duration
	Code      int
	// Position is its place in the scenario, file:line.
	Position string
}
