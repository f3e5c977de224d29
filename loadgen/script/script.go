// Package script sends user-defined messages and correlates replies: a codec, with steps before and
// after the measured messages. It records nothing.
package script

import (
	"time"

	"rtbench/scenarios/cell"
	"rtbench/scenarios/template"
)

// A Script is the compiled script of a cell's streams, which share it. It must not change once in
// use. The zero value sends messages in rtbench's format.
type Script struct {
	// Messages are sent as Choice selects, in turn if it is nil; empty: messages in rtbench's format.
	Messages []template.Format
	Choice   *Choice
	// Kinds are the names of the messages; empty: they have none.
	Kinds []string
	// Match selects how replies are correlated with requests. Field makes a finder of the value
	// to match by; nil: the whole reply.
	Match MatchBy
	Field func() template.Field
	// Stamp finds the server's time in a message; the zero value: none.
	Stamp Stamp
	// Expect is a condition on each reply; nil: anything.
	Expect *Condition
	// End is a condition on the message that ends an answer; nil: the stream's end does.
	End *Condition
	// Count makes a finder of the number of tokens that a message says its answer has; nil: none does.
	Count func() template.Field
	// Opening runs before the measured messages, and Closing after them.
	Opening, Closing []Step
	// A message that meets one of the Ignore conditions is not a reply.
	Ignore []Condition
	// Answers are sent for messages that are no replies, such as pings.
	Answers []Answer
	// Heartbeat is sent at intervals; nil: none.
	Heartbeat *Heartbeat
	// Records splits frames into the records they carry; RecordEnd ends each, if it is not empty.
	Records   bool
	RecordEnd []byte
	// Items splits JSON arrays of objects too.
	Items bool
	// Valid reports whether the schema can decode a message; nil: there is no schema.
	// InvalidClass is the failure class of messages that it cannot decode.
	Valid        func([]byte) bool
	InvalidClass string
	// Kind returns the same number for messages of one kind; nil: template.Kind.
	Kind func([]byte) uint64
	// RowPerMessage gives each message the next row, instead of the row of its stream.
	RowPerMessage bool
	// Show returns a readable form of a message, truncated; nil: the message itself.
	Show func([]byte) string
	// Mask returns a message with its secrets masked; nil: the message itself.
	Mask func([]byte) []byte
	// FieldOrZero is Field, but also finds a number 0 that proto3 omitted; nil if the protocol
	// sends zeros.
	FieldOrZero func() template.Field
	// Captured is the number of values that steps capture.
	Captured int
	// FirstNumber is the first value of {{.RequestNumber}} and {{.UUID}}.
	FirstNumber uint64
	// Seed seeds random values in messages.
	Seed uint64
}

// MatchBy selects how replies are correlated with requests.
type MatchBy uint8

// Replies match by the returned header, by a field with the request's number or UUID, by the
// order of requests, or not at all.
const (
	MatchHeader MatchBy = iota
	MatchField
	MatchOrder
	MatchNone
)

// A Stamp finds the send time that the server put into a message.
type Stamp struct {
	Field func() template.Field // nil: no stamp
	Unit  time.Duration         // of the number; 0: RFC 3339 text
	Text  string                // the field's path, for messages to the user
}

// finder returns a finder that field makes, or nil.
func finder(field func() template.Field) template.Field {
	if field == nil {
		return nil
	}
	return field()
}

// A Step is an action before or after the measured messages.
type Step struct {
	Do        string // authenticate, subscribe, send, wait, expect, capture, think, close
	Format    template.Format
	Condition *Condition
	Captures  []Capture
	SameReply bool // captures from the message that the step before received
	Within    time.Duration
	Pause     cell.Pause
	Code      int
	// Position is the step's place in the scenario, file:line.
	Position string
}
