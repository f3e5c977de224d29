// Package faulty provides servers that each misbehave in one known way. A table lists the
// faults; the server of a fault keeps a ledger of its actions, so that tests can compare a
// client's counts with it. Only tests import this package.
//
// Apart from its fault, each server is correct. Over WebSocket, gRPC (bidirectional) and tcp it
// echoes messages. Over SSE it pushes an event every Pace, numbered across connections, and
// accepts POSTs.
package faulty

import (
	"time"
)

// Parameters of the faults.
const (
	// N is the number of messages that a stream serves correctly before a fault that strikes
	// once. A token is valid for N messages.
	N = 50
	// Every is the distance between faulty messages: the tenth, the twentieth, and so on.
	Every = 10
	// Pace is the interval between SSE events.
	Pace = 2 * time.Millisecond
	// TooLong is the size in bytes of messages that exceed a limit of 1 MiB.
	TooLong = 2 << 20
	// Bomb is the decompressed size in bytes of a message of a few KiB.
	Bomb = 32 << 20
	// Delay is how long message N/2 is held back while others pass it.
	Delay = 500 * time.Millisecond
	// Stall and EventStall are how long echoes and events pause after N messages.
	Stall      = time.Second
	EventStall = 2 * time.Second
	// Burst is how long events are held back to be sent together.
	Burst = 300 * time.Millisecond
)

// A Fault is a row of the table: a protocol and one way in which its server misbehaves. A Fault
// with only a Protocol describes a correct server in cleartext.
type Fault struct {
	Name     string
	Protocol string // websocket, sse, sse-h2, grpc or tcp
	// Class is the error class that a client should count (see driver.Class). It is empty for
	// faults that break no stream.
	Class string
	// Terminal reports that no attempt ever yields a message.
	Terminal bool
	// TLS reports that the URL asks for TLS, whether or not the server speaks it.
	TLS bool
	// Deflate reports that the server negotiates permessage-deflate, which the client must
	// offer.
	Deflate bool
	// LengthPrefixed reports that tcp messages follow a 4-byte big-endian length. Otherwise
	// they are lines.
	LengthPrefixed bool

	row
}

// String returns the protocol and the name, which identify a row.
func (f Fault) String() string { return f.Protocol + ": " + f.Name }
