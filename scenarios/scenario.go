// Package scenarios is the language: the types of a scenario, a strict reader
// that reports every problem at once with its place, and the built-in scenarios.
// It runs nothing. Only Open touches the disk; the rest is pure.
//
// The doc comments of Scenario and of what it holds are the manual: editors show
// them, from the JSON Schema that is made of them.
package scenarios

import "time"

// A Scenario says what is measured: each cell, which is one combination of all keys
// that have a list, over and over, on fresh servers. A key that takes a list is an axis.
//
// In Go: a scenario file as written, with defaults filled in. The zero value has no
// cell to run; Parse and Open return good ones.
type Scenario struct {
	// Name is required: small letters, digits and dashes. Results and tables show it.
	Name string
	// About is one line of what it is for.
	About string
	// API is what both ends speak. bench (default): the neutral workload of rtbench's
	// own servers. guide: the messages of the guide to real-time APIs, to any server that
	// has them. own: the messages of this scenario, to any server; that is meant too where
	// target has keys.
	API string
	// Address is a server that runs already: the control address of an `rtbench serve`, such
	// as 127.0.0.1:9000, or with contract guide a server's own, such as wss://host or
	// grpc://host:50051. Without it each repetition gets a fresh server. With contract own a
	// URL, or keys: how the server is spoken to over each protocol, who asks, and where its
	// own figures come from. In Go, empty if the API is custom: Custom has it.
	Address string
	// Path is, with contract guide and pattern push, which event stream. Default /stream.
	Path string
	// Protocols to put side by side, raw tcp being the floor. Default: tcp, websocket, sse,
	// sse-h2 and grpc; grpc-lean, which is grpc by a client of our own, on request.
	Protocols []string
	// Pattern is required, an axis: who sends what to whom. echo: the server returns each
	// message. push: the server sends. upload: the client sends, with one answer at the end.
	// fanout: each message that the server publishes goes to all streams.
	Pattern []string
	// Load says how many messages come, when, and over how many connections.
	Load Load
	// Payload says what a message is.
	Payload Payload
	// Phases are the lengths of the phases of a repetition.
	Phases Phases
	// Repetitions of each cell, interleaved over the protocols. Default 1. From 6 on the
	// median has an interval of 95 %.
	Repetitions int
	// TLS is an axis, default false: encrypt all connections.
	TLS []bool
	// Engine is an axis, without tls: what receives on the reference server's connections of
	// tcp, websocket and sse: goroutine, one for each (default), or loop, event loops.
	Engine []string
	// Thresholds are conditions, such as `p(99) < 5ms` or `lost == 0`: each must hold in each
	// repetition, or the exit code is 99.
	Thresholds []Threshold
	// Include names scenarios to build upon: files, from where this one is, or built-in ones.
	// Keys of this file win over theirs, and of a later one over an earlier's.
	Include []string
	// Custom is, with contract own, the server and what is said to it.
	Custom Target
	// Profiles are other sizes of this scenario, by name: --profile NAME lays the keys that
	// it has over those of the file. quick, ci and release have a meaning without it.
	Profiles []string

	File      string   // where it came from
	Source    []byte   // its text, and as comments what else went into it
	Variables []string // names of the environment variables in it, in order; their values are not kept by name

	// Kept says in words what a profile left longer than it would have, for thresholds; empty:
	// nothing.
	Kept string

	places    map[string]Problem // of the keys that a plan is judged by
	openBound bool               // stamp.bound was not given
	spread    bool               // streams over connections, where a protocol does not multiplex
}

// A Rate is messages per second, finite and above 0 where it is given.
type Rate = float64

// Load says how messages come. In Go, the zero value is no load.
type Load struct {
	// Model is open (default): messages are due by a plan, whatever the server does. Or
	// closed: the next message is sent when the last one was answered. In Go also server,
	// where a server of the user's own sets the pace.
	Model []string
	// Arrivals is an axis, open loop only: constant (default), at even distances, or
	// poisson, at random.
	Arrivals []string
	// Rate is an axis, required in an open loop and only there: messages per second over all
	// streams together, for fanout of the topic. 500/s, 20k/s, 1.5M/s; 0/s where stages follow.
	Rate []Rate
	// Connections is an axis, default 1: connections of a cell.
	Connections []int
	// Streams is an axis, default 1: streams on each connection, for protocols that carry
	// several (sse-h2, grpc, grpc-lean).
	Streams []int
	// Think is an axis, closed loop only: the pause from an answer to the next message.
	Think []time.Duration
	// Stages are ramps, open loop only: the rate goes linearly from `rate` to each in turn.
	// They fill the steady phase, so that phases.steady is left out. A rate of 0/s is a pause.
	Stages []Stage
	// Seed of the Poisson arrivals. Default 1.
	Seed int64
}

// A Stage is a stretch of the steady phase in which the rate goes linearly from
// what it was to another.
type Stage struct {
	// Over is how long the stage takes.
	Over time.Duration `json:"over_ns"`
	// To is the rate at its end.
	To Rate `json:"to"`
}

// Payload says what messages are. In Go, the zero value is no message.
type Payload struct {
	// Size is an axis, default 128: bytes of a message, its header included (32 bytes, in
	// text form 43), at most 1MiB. 128, 4KiB (4096), 4KB (4000).
	Size []int
	// Encoding is an axis: binary (default), text, or native: JSON, and protobuf over gRPC.
	Encoding []string
}

// Phases are the lengths of the phases of a repetition: connect, warm-up, steady, which
// alone is measured, and drain.
type Phases struct {
	// Connect is the time for opening all streams; 0s (default): as needed, up to 10 s.
	Connect time.Duration `json:"connect_ns"`
	// Warmup is load that is not measured. Default 1s.
	Warmup time.Duration `json:"warmup_ns"`
	// Steady is what is measured. Default 5s; stages give it themselves.
	Steady time.Duration `json:"steady_ns"`
	// Drain is how long to wait for late answers. Default 2s.
	Drain time.Duration `json:"drain_ns"`
}
