package proto

import (
	"time"

	"rtbench/proto/usage"
)

// ControlPort is the default port on which `rtbench serve` answers GET / with its Info,
// GET /stats with its Stats, and GET ClockPath with its time.
const ControlPort = 9000

// ClockPath is the path of a server's time: clock.Now and the wall clock as Unix time, both in
// nanoseconds.
const ClockPath = "/clock"

// Info describes a server's addresses. `rtbench serve --json` prints it in one line.
type Info struct {
	PID     int    `json:"pid"`
	Control string `json:"control"` // host:port, answers GET / and GET /stats
	// Addresses holds host:port by protocol.
	Addresses map[string]string `json:"addresses"`
	// Stacks holds the stack by protocol, and Libraries the version of each library of stacks.
	Stacks    map[string]string `json:"stacks"`
	Libraries map[string]string `json:"libraries"`
	// Clock is the clock.ID of the server; empty if unknown.
	Clock string `json:"clock,omitempty"`
	// MaxStreams limits the concurrent streams of each protocol that multiplexes; 0 means
	// unknown.
	MaxStreams int `json:"max_streams,omitempty"`
	// Tokens holds the requested tokens for the guide API, by user.
	Tokens map[string]string `json:"tokens,omitempty"`
	// Certificate is the server's own certificate in PEM, or "" without TLS.
	Certificate string `json:"certificate,omitempty"`
}

// DefaultStreams is the default of a reference server's MaxStreams, and of its limit on
// clients of the guide API. A stream takes about 14 KB, so 20,000 take 280 MB.
const DefaultStreams = 20_000

// Stats counts a server's work and resource usage since its start.
type Stats struct {
	usage.Usage
	// Spin is the part of CPU spent busy-waiting until a push is due or an injected delay
	// ends.
	Spin             time.Duration `json:"spin_ns"`
	MessagesReceived uint64        `json:"messages_received"`
	MessagesSent     uint64        `json:"messages_sent"`
	BytesReceived    uint64        `json:"bytes_received"`
	BytesSent        uint64        `json:"bytes_sent"`
	// Dropped counts messages that a subscriber missed because its queue was full.
	Dropped uint64 `json:"dropped"`
	// Streams is the number of open streams.
	Streams int64 `json:"streams"`
}
