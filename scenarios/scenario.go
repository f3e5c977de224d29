// Package scenarios is the language: the types of a scenario, a strict reader
// that reports every problem at once with its place, and the built-in scenarios.
// It runs nothing. Only Open touches the disk; the rest is pure.
package scenarios

import "time"

// A Scenario is a scenario file as written, with defaults filled in. A field of
// several values is an axis of the matrix. The zero value has no cell to run;
// Parse and Open return good ones.
type Scenario struct {
	Name        string
	About       string   // one line; may be empty
	Contract    string   // bench, the neutral workload, or guide
	Target      string   // control address of a running server, or with contract guide a server's own; empty: start one
	Path        string   // of the guide's event streams; empty: /stream
	Protocols   []string // names of proto.Protocols
	Pattern     []string // of proto.Patterns
	Load        Load
	Payload     Payload
	Phases      Phases
	Repetitions int // of each cell
	TLS         []bool
	Engine      []string    // of the reference server; empty: its own default, or the target's
	Thresholds  []Threshold // each must hold in each repetition

	File   string // where it came from
	Source []byte // its text

	spread bool // streams over connections, where a protocol does not multiplex
}

// A Rate is messages per second, finite and above 0 where it is given.
type Rate = float64

// Load says how messages come. The zero value is no load.
type Load struct {
	Model       []string        // open or closed
	Arrivals    []string        // constant or poisson; empty in a closed loop
	Rate        []Rate          // over all streams of a cell; empty in a closed loop
	Connections []int           // of a cell
	Streams     []int           // on each connection
	Think       []time.Duration // closed loop: from an answer to the next message
	Stages      []Stage         // open loop: ramps that fill the steady phase; may be empty
	Seed        int64           // of Poisson arrivals
}

// A Stage is a stretch of the steady phase in which the rate goes linearly from
// what it was to To.
type Stage struct {
	Over time.Duration `json:"over_ns"`
	To   Rate          `json:"to"`
}

// Payload says what messages are. The zero value is no message.
type Payload struct {
	Size     []int    // bytes of a message, header included
	Encoding []string // binary, text or native
}

// Phases are the lengths of the phases of a repetition. Connect is a bound, and
// 0 of it is as long as needed, up to 10 s; any other phase of 0 is left out.
type Phases struct {
	Connect time.Duration `json:"connect_ns"`
	Warmup  time.Duration `json:"warmup_ns"`
	Steady  time.Duration `json:"steady_ns"`
	Drain   time.Duration `json:"drain_ns"`
}

// Shorten makes a scenario fit to show that all works: one repetition of half a
// second of each cell, or long enough for an event of each stream where the server
// sets the pace; stages keep their length. Figures from it mean little.
func (s *Scenario) Shorten() {
	const quick = 500 * time.Millisecond
	s.Repetitions = 1
	s.Phases.Warmup = min(s.Phases.Warmup, quick/5)
	if len(s.Load.Stages) == 0 {
		s.Phases.Steady = min(s.Phases.Steady, max(quick, s.eventInterval()))
	}
}
