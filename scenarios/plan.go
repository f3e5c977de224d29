package scenarios

import (
	"math"
	"time"

	"rtbench/proto"
)

// A Plan is what running a scenario will come to, as far as can be told before. Its JSON
// holds durations as nanoseconds. The zero value is of nothing.
type Plan struct {
	Scenario    string `json:"scenario"`
	File        string `json:"file"`
	Cells       int    `json:"cells"`
	Repetitions int    `json:"repetitions"`
	Connections int    `json:"connections"` // of the cell with most
	Streams     int    `json:"streams"`     // of the cell with most
	// Messages and bytes of payload over all repetitions, warm-up included; in fanout each
	// delivery is a message. They leave out closed loops, which send as fast as they are
	// answered, and of events of the guide's contract the bytes, which the server sets. Of
	// the user's own servers they are what is planned alone, the server's memory is not there.
	Messages    float64 `json:"messages"`
	BytesUp     float64 `json:"bytes_up"`
	BytesDown   float64 `json:"bytes_down"`
	ClosedLoop  bool    `json:"closed_loop,omitempty"`
	GuideEvents bool    `json:"guide_events,omitempty"`
	// Paced says that a server of the user's own sets the pace, so that messages are not
	// known; OwnMessages that its messages are the scenario's, so that bytes are not.
	Paced          bool `json:"paced,omitempty"`
	CustomMessages bool `json:"custom_messages,omitempty"`
	// Custom is what is said to a server of the user's own.
	Custom CustomSummary `json:"custom,omitzero"`
	// Takes is how long it takes if all streams open and drain at once; AtMost has a whole
	// drain in each run.
	Takes  time.Duration `json:"takes_ns"`
	AtMost time.Duration `json:"at_most_ns"`
	// Bytes of memory that the connections of the largest cell take at rest, beyond what a
	// process has anyway. MemoryUnknown names protocols of which it is not known.
	ClientMemory  int      `json:"client_memory"`
	ServerMemory  int      `json:"server_memory"`
	MemoryUnknown []string `json:"memory_unknown,omitempty"`
	// DeflateMemory is what of ClientMemory keeps the windows of WebSockets that compress with
	// context takeover.
	DeflateMemory int `json:"deflate_memory,omitempty"`
	// Kept is what a profile left longer than it would have, in words.
	Kept  string `json:"kept,omitempty"`
	Files int    `json:"files"` // that the client may have open at once, as the server may
}

// What a connection at rest takes, in bytes, measured with 15,000 of them (README), and
// what else a repetition takes.
const (
	clientConnection    = 1600
	loopConnection      = 900
	goroutineConnection = 4500
	serverStart         = 200 * time.Millisecond
	// deflateConnection is what compress/flate keeps for a WebSocket that compresses with
	// context takeover, once its windows are full.
	deflateConnection = 900_000
)

// SpareFiles are those of Plan.Files that are no connections.
const SpareFiles = 64

// Plan says what running the scenario will come to.
func (s *Scenario) Plan() Plan {
	p := Plan{Scenario: s.Name, File: s.File, Repetitions: s.Repetitions, Custom: s.customSummary(), Kept: s.Kept, CustomMessages: s.API == custom && len(s.Custom.Messages) > 0}
	unknown := map[string]bool{}
	for _, c := range s.Cells() {
		p.Cells++
		p.size(c, unknown)
		if e := s.Custom.Endpoints[c.Protocol]; s.API == custom && e != nil && c.Protocol == "websocket" && e.Deflate == "takeover" {
			p.DeflateMemory = max(p.DeflateMemory, c.Connections*deflateConnection)
		}
		p.traffic(c, float64(s.Repetitions))
	}
	for _, name := range proto.ProtocolNames() {
		if unknown[name] {
			p.MemoryUnknown = append(p.MemoryUnknown, name)
		}
	}
	p.ClientMemory += p.DeflateMemory
	runs := time.Duration(p.Cells * s.Repetitions)
	each := s.Phases.Warmup + s.Phases.Steady
	if s.API == custom {
		p.ServerMemory = 0 // which is its own matter
	} else if s.Address == "" {
		each += serverStart
	}
	p.Takes, p.AtMost = times(runs, each), times(runs, each+s.Phases.Drain)
	return p
}

// times is n·d, or the longest time where that is too long.
func times(n, d time.Duration) time.Duration {
	if n > 0 && d > math.MaxInt64/n {
		return math.MaxInt64
	}
	return n * d
}

// size adds the connections of a cell, of which one runs at a time.
func (p *Plan) size(c Cell, unknown map[string]bool) {
	files := c.Connections
	if c.Protocol == "sse" && !proto.Pattern(c.Pattern).FromServer() {
		files *= 2 // events and POSTs have a connection each
	}
	server := goroutineConnection
	if c.Engine == "loop" {
		server = loopConnection
	}
	if row, _ := proto.ProtocolByName(c.Protocol); !row.Loops || c.TLS {
		unknown[c.Protocol] = true
	}
	p.Connections, p.Streams = max(p.Connections, c.Connections), max(p.Streams, c.Connections*c.Streams)
	p.ClientMemory, p.ServerMemory = max(p.ClientMemory, files*clientConnection), max(p.ServerMemory, files*server)
	p.Files = max(p.Files, files+SpareFiles)
}

// SteadyMessages is how many messages are due in the steady phase of a repetition, in fanout
// each delivery; not ok where no plan says it.
func (c Cell) SteadyMessages() (n float64, ok bool) {
	if c.Model != open {
		return 0, false
	}
	return c.delivered(c.steadyMessages()), true
}

func (c Cell) steadyMessages() (n float64) {
	if len(c.Stages) == 0 {
		return c.Rate * c.Phases.Steady.Seconds()
	}
	rate := c.Rate
	for _, st := range c.Stages {
		n += (rate + st.To) / 2 * st.Over.Seconds()
		rate = st.To
	}
	return n
}

// PeakRate is the highest rate of messages, in fanout of deliveries; 0 where no plan says it.
func (c Cell) PeakRate() Rate {
	if c.Model != open {
		return 0
	}
	peak := c.Rate
	for _, st := range c.Stages {
		peak = max(peak, st.To)
	}
	return c.delivered(peak)
}

// PeakBytes is what the ends send each other at the highest rate, in bytes of payload a
// second; 0 where no plan says it.
func (c Cell) PeakBytes() float64 {
	ways := 1.0
	if c.Pattern == string(proto.Echo) {
		ways = 2
	}
	return c.PeakRate() * float64(c.Size) * ways
}

// delivered is how many messages are received of so many that are sent.
func (c Cell) delivered(n float64) float64 {
	if c.Pattern == string(proto.Fanout) {
		n *= float64(c.Connections * c.Streams)
	}
	return n
}

// traffic adds the messages of all repetitions of a cell.
func (p *Plan) traffic(c Cell, repetitions float64) {
	switch c.Model {
	case closed:
		p.ClosedLoop = true
		return
	case server:
		p.Paced = true
		return
	}
	messages := c.Rate*c.Phases.Warmup.Seconds() + c.steadyMessages()
	messages *= repetitions
	size := float64(c.Size)
	if p.CustomMessages {
		size = 0
	}
	switch proto.Pattern(c.Pattern) {
	case proto.Echo:
		p.BytesUp += messages * size
		p.BytesDown += messages * size
	case proto.Upload:
		p.BytesUp += messages * size
	case proto.Push:
		if c.API == guide {
			p.GuideEvents = true
			break
		}
		p.BytesDown += messages * size
	case proto.Fanout:
		if c.API != reference { // the first client speaks
			p.BytesUp += messages * size
		}
		messages *= float64(c.Connections * c.Streams)
		p.BytesDown += messages * size
	}
	p.Messages += messages
}
