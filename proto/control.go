package proto

import (
	"time"

	"rtbench/proto/usage"
)

// ControlPort is where `rtbench serve` answers GET / with its Info and GET
// /stats with its Stats, unless told otherwise.
const ControlPort = 9000

// Info says where a server listens: the line that `rtbench serve --json` prints.
type Info struct {
	PID     int    `json:"pid"`
	Control string `json:"control"` // host:port of GET / and GET /stats
	// Addresses holds host:port by the protocol's name.
	Addresses map[string]string `json:"addresses"`
	// Engine is what receives on the connections of protocols that own theirs:
	// "goroutine" or "loop".
	Engine string `json:"engine"`
	// MaxStreams is how many streams each protocol that carries several on a connection may
	// have at once; 0 if the server does not tell.
	MaxStreams int `json:"max_streams,omitempty"`
	// Tokens holds tokens for the guide's endpoints by user, as asked for.
	Tokens map[string]string `json:"tokens,omitempty"`
	// Certificate is the server's own in PEM where it serves TLS, else empty.
	Certificate string `json:"certificate,omitempty"`
}

// DefaultStreams is the MaxStreams of a reference server, and the most clients of its guide
// endpoints, unless it was told otherwise. A stream takes about 14 KB, these 280 MB.
const DefaultStreams = 20_000

// Stats is what a server has done and used since it began.
type Stats struct {
	usage.Usage
	// Spin is the part of CPU that went into watching the clock: for the next push
	// to be due, or for the end of a delay that the server was told to have.
	Spin             time.Duration `json:"spin_ns"`
	MessagesReceived uint64        `json:"messages_received"`
	MessagesSent     uint64        `json:"messages_sent"`
	BytesReceived    uint64        `json:"bytes_received"`
	BytesSent        uint64        `json:"bytes_sent"`
	// Dropped counts messages that a subscriber did not get because its queue
	// was full.
	Dropped uint64 `json:"dropped"`
	// Streams is how many are open.
	Streams int64 `json:"streams"`
}
