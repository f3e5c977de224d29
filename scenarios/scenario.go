// Package scenarios defines the scenario language: its types, a strict parser that reports every
// problem with its position, and the built-in scenarios. It runs nothing. Only Open touches the
// disk; the rest is pure.
//
// The doc comments of Scenario and its fields are the manual: the JSON Schema that editors read is
// generated from them.
package scenarios

import (
	"time"

	"rtbench/scenarios/cell"
)

// A Scenario describes a benchmark: its cells are all combinations of the keys that have a list
// (axes). Each cell runs the given number of repetitions, each on fresh servers.
//
// In Go: a scenario file with defaults filled in. The zero value has no cells; Parse and Open
// return valid scenarios.
type Scenario struct {
	// Required: lower-case letters, digits and dashes. Results and tables show it.
	Name string
	// One line about the purpose.
	About string
	// The API under test. reference (default): rtbench's reference servers. guide: any server that
	// implements the guide's API. custom: any server, with the messages of this scenario. Implied
	// by the other keys: messages, steps and the like, a target with keys, or a target URL with a
	// path mean custom; path means guide.
	API string
	// A running server. With reference, the control address of `rtbench serve`, such as
	// 127.0.0.1:9000; by default each repetition starts fresh servers. With guide, a URL such as
	// wss://host or grpc://host:50051. With custom, a URL or keys: the URL of each protocol,
	// credentials, and the source of server metrics. In Go, empty if the API is custom; see
	// Custom.
	Address string
	// The event stream to read, with the guide's API and pattern push. Default /stream.
	Path string
	// Protocols to compare. Default: tcp (the floor), websocket, sse, sse-h2 and grpc. grpc-lean
	// is gRPC with rtbench's own client.
	Protocols []string
	// Required, an axis. echo: the server returns each message. push: the server sends. upload:
	// the client sends, and the server answers once at the end. fanout: the server delivers each
	// published message to all streams.
	Pattern []string
	// Rate, arrival process and number of connections.
	Load Load
	// Size and encoding of messages.
	Payload Payload
	// Durations of the phases of a repetition.
	Phases Phases
	// Repetitions of each cell, interleaved over the protocols. Default 1. With 6 or more, the
	// median has a 95 % confidence interval.
	Repetitions int
	// An axis: encrypt all connections. Default false.
	TLS []bool
	// An axis, without tls: how the reference server reads tcp, websocket and sse connections.
	// goroutine (default): one goroutine per connection. loop: event loops.
	Engine []string
	// Conditions such as `p(99) < 5ms` or `lost == 0`. If one fails in any repetition, the exit
	// code is 99.
	Thresholds []Threshold
	// Scenarios to extend: files, relative to this one, or built-in scenarios. Keys of this file
	// override included keys; later files override earlier ones.
	Include []string
	// Custom describes the server under test; nil unless the API is custom.
	Custom *Target
	// Variants of this scenario by name: --profile NAME overrides keys with those of the profile.
	// quick, ci and release are built in.
	Profiles []string

	File      string   // path as given
	Source    []byte   // text of the file, followed by included files as comments
	Variables []string // names of environment variables used, in order of appearance

	// Kept explains a phase that a profile could not shorten because of a threshold; empty if
	// none.
	Kept string

	places    map[string]Problem // positions of the keys that plans are judged by
	openBound bool               // stamp.bound is not given
	spread    bool               // replace streams by connections for protocols that do not multiplex
}

// A Rate is a number of messages per second, finite and above 0.
type Rate = float64

// Load describes the offered load. In Go, the zero value offers none.
type Load struct {
	// open (default): messages are due at planned times, regardless of the server. closed: each
	// message follows the reply to the one before. In Go also server: a custom server sets the
	// pace.
	Model []string
	// An axis, open loop only: constant (default) or poisson.
	Arrivals []string
	// An axis, required in an open loop and only there: total messages per second over all
	// streams; for fanout, messages published per second. 500/s, 20k/s, 1.5M/s; 0/s if stages
	// follow.
	Rate []Rate
	// An axis: connections per cell. Default 1.
	Connections []int
	// An axis: streams per connection, for protocols that multiplex (sse-h2, grpc, grpc-lean).
	// Default 1.
	Streams []int
	// An axis, closed loop only: pause between a reply and the next message.
	Think []time.Duration
	// Linear ramps, open loop only: from `rate` to each target rate in turn. Their total is the
	// steady phase, so phases.steady is omitted. A rate of 0/s is a pause.
	Stages []Stage
	// Seed of Poisson arrivals. Default 1.
	Seed int64
}

// A Stage is a linear ramp to a rate.
type Stage = cell.Stage

// Payload describes messages. In Go, the zero value describes none.
type Payload struct {
	// An axis: bytes per message, including the header (32 bytes; 43 in text), up to 1MiB. 128,
	// 4KiB (4096), 4KB (4000). Default 128.
	Size []int
	// An axis: binary (default), text, or native (JSON; protobuf over gRPC).
	Encoding []string
}

// Phases are the durations of the phases of a repetition: connect, warm-up, steady state and
// drain. Only the steady state is measured.
type Phases struct {
	// Time to open all streams. 0s (default): as needed, up to 10 s.
	Connect time.Duration `json:"connect_ns"`
	// Load before the measurement. Default 1s.
	Warmup time.Duration `json:"warmup_ns"`
	// Measured time. Default 5s; set by stages if given.
	Steady time.Duration `json:"steady_ns"`
	// Maximum wait for late replies. Default 2s.
	Drain time.Duration `json:"drain_ns"`
}
