// Package faulty is servers that are wrong, each in one way that is known: a table of
// faults, and a server for each that says what it did. It is imported by tests alone: that
// a client counts, names and outlives a fault can only be shown by one that is really there.
//
// But for its fault each server is sound. Over WebSocket, gRPC (bidirectional) and tcp it
// returns messages as they came; over SSE it pushes an event each Pace, numbered across
// connections, and takes POSTs.
package faulty

import (
	"time"
)

// What the faults of the table have in common.
const (
	// N is after how many messages of a stream a fault with an hour comes: the first N are
	// served soundly. A token is good for N messages.
	N = 50
	// Every is which messages have a fault of messages: the tenth, the twentieth …
	Every = 10
	// Pace is the time between two events of SSE.
	Pace = 2 * time.Millisecond
	// TooLong is the size in bytes of messages that are over a limit of 1 MiB.
	TooLong = 2 << 20
	// Bomb is what a compressed message of a few KiB grows to, in bytes.
	Bomb = 32 << 20
	// Delay is how long the message after the first N/2 is held back while others pass it.
	Delay = 500 * time.Millisecond
	// Stall is how long nothing is answered after N messages, EventStall how long nothing is
	// pushed after N events.
	Stall      = time.Second
	EventStall = 2 * time.Second
	// Burst is how long events are held back to go out together.
	Burst = 300 * time.Millisecond
)

// A Fault is a row of the table: a protocol and one way in which its server is wrong. One
// made outside the table, with a Protocol alone, is of a sound server in cleartext.
type Fault struct {
	Name     string
	Protocol string // websocket, sse, sse-h2, grpc or tcp
	// Class is a proposal: the class that a client is expected to count (see driver.Class).
	// Empty where no stream breaks: the ledger of messages shows it, or nothing does.
	Class string
	// Terminal says that no message can ever come, however often it is tried.
	Terminal bool
	// TLS says that the URL asks for TLS, whatever the server then speaks.
	TLS bool
	// Deflate says that the server agrees to permessage-deflate, and must be offered it.
	Deflate bool
	// LengthPrefixed says that messages over tcp follow their length in four bytes, big-endian; else
	// each is a line.
	LengthPrefixed bool

	behavior behavior
}

// String is the protocol and the name, which together are a row's own.
func (f Fault) String() string { return f.Protocol + ": " + f.Name }
