package scenarios

import (
	"math"
	"slices"
	"time"

	"rtbench/proto"
	"rtbench/scenarios/cell"
)

// A Plan is the expected cost of running a scenario. Its JSON holds durations in nanoseconds. The
// zero value is an empty plan.
type Plan struct {
	Scenario    string `json:"scenario"`
	File        string `json:"file"`
	Cells       int    `json:"cells"` // or with groups, the points of which each runs all groups
	Repetitions int    `json:"repetitions"`
	Connections int    `json:"connections"` // of the largest cell, or of all groups
	Streams     int    `json:"streams"`     // of the largest cell, or of all groups
	// Messages and payload bytes over all repetitions, including warm-up; in fanout each delivery
	// counts. Closed loops are not included, nor the bytes of events of the guide's API, because
	// the server decides both. For custom targets they exclude replies, and server memory is 0.
	Messages   float64 `json:"messages"`
	BytesUp    float64 `json:"bytes_up"`
	BytesDown  float64 `json:"bytes_down"`
	ClosedLoop bool    `json:"closed_loop,omitempty"`
	// Users are those of the largest cell of answers in a closed loop.
	Users       Users `json:"users,omitzero"`
	GuideEvents bool  `json:"guide_events,omitempty"`
	// Paced: a custom server sets the pace, so the number of messages is unknown. CustomMessages:
	// the scenario defines the messages, so bytes are unknown.
	Paced          bool `json:"paced,omitempty"`
	CustomMessages bool `json:"custom_messages,omitempty"`
	// Custom summarizes a custom target. With groups, the messages are those of Groups.
	Custom CustomSummary `json:"custom,omitzero"`
	Groups []GroupPlan   `json:"groups,omitempty"`
	// Takes is the duration if streams open when they are due and drain at once; AtMost includes a full drain in
	// each run.
	Takes  time.Duration `json:"takes_ns"`
	AtMost time.Duration `json:"at_most_ns"`
	// Memory of the idle connections of the largest cell, in bytes, on top of a process without
	// connections. MemoryUnknown lists protocols without an estimate.
	ClientMemory  int      `json:"client_memory"`
	ServerMemory  int      `json:"server_memory"`
	MemoryUnknown []string `json:"memory_unknown,omitempty"`
	// DeflateMemory is the part of ClientMemory for compression windows (context takeover).
	DeflateMemory int `json:"deflate_memory,omitempty"`
	// Profiled is the duration of repetitions in which the server is profiled, which the others do not include, and
	// ProfiledAt the URL of its profiles; empty for the control address of a reference server.
	Profiled   time.Duration `json:"profiled_ns,omitempty"`
	ProfiledAt string        `json:"profiled_at,omitempty"`
	// Kept is Scenario.Kept.
	Kept  string `json:"kept,omitempty"`
	Files int    `json:"files"` // maximum open at once, per end
}

// Memory of an idle connection in bytes, measured with 15,000 connections (README), and the time
// to start a server.
const (
	clientConnection    = 1600
	loopConnection      = 900
	goroutineConnection = 4500
	serverStart         = 200 * time.Millisecond
	// deflateConnection is the memory of compress/flate for a WebSocket with context takeover once
	// its windows are full.
	deflateConnection = 900_000
)

// SpareFiles is the part of Plan.Files that is not connections.
const SpareFiles = 64

// Plan returns the expected cost of running the scenario.
func (s *Scenario) Plan() Plan {
	p := Plan{Scenario: s.Name, File: s.File, Repetitions: s.Repetitions, Custom: s.customSummary(), Kept: s.Kept}
	for _, g := range append(slices.Clip(s.Groups), s) {
		p.CustomMessages = p.CustomMessages || g.Custom != nil && len(g.Custom.Messages) > 0
	}
	unknown := map[string]bool{}
	var connecting time.Duration
	for _, run := range s.Runs() {
		p.Cells++
		for _, c := range run {
			connecting = max(connecting, c.ConnectsFor())
		}
		p.size(run, unknown)
		for _, c := range run {
			p.traffic(c, float64(s.Repetitions))
		}
	}
	for _, g := range s.Groups {
		p.Groups = append(p.Groups, g.groupPlan())
	}
	for _, name := range proto.ProtocolNames() {
		if unknown[name] {
			p.MemoryUnknown = append(p.MemoryUnknown, name)
		}
	}
	p.ClientMemory += p.DeflateMemory
	runs := time.Duration(p.Cells * s.Repetitions)
	each := connecting + s.Warmup + s.Steady
	if s.API == cell.Custom {
		p.ServerMemory = 0 // not rtbench's process
	} else if s.Target == "" {
		each += serverStart
	}
	p.Takes, p.AtMost = times(runs, each), times(runs, each+s.Drain)
	if steady, _, _ := s.ProfiledPhases(s.Config); s.Profile.Wanted {
		p.Profiled, p.ProfiledAt = times(time.Duration(p.Cells*ProfiledRuns), each-s.Steady+steady), s.Profile.Base()
	}
	return p
}

// Users ask in a closed loop.
type Users struct {
	Number int    `json:"number"`
	Think  string `json:"think"`
	// MostRequests is the rate of requests if answers come as planned; 0 if the target decides.
	MostRequests float64 `json:"most_requests_per_s,omitempty"`
}

// usersOf returns the users of a cell.
func usersOf(c Cell) Users {
	u := Users{Number: c.Connections * c.Streams, Think: c.Think.String()}
	if each := c.Tokens.Length() + c.Think.Mean(); c.Tokens.Count > 0 && each > 0 {
		u.MostRequests = float64(u.Number) / each.Seconds()
	}
	return u
}

// times returns n·d, saturating at the longest duration.
func times(n, d time.Duration) time.Duration {
	if n > 0 && d > math.MaxInt64/n {
		return math.MaxInt64
	}
	return n * d
}

// size raises the maxima to those of cells that run together; others run at other times.
func (p *Plan) size(run []Cell, unknown map[string]bool) {
	var connections, streams, files, deflate, servers int
	for _, c := range run {
		sockets := c.Connections
		if proto.Posts(c.Protocol) && !proto.Multiplexes(c.Protocol) && !proto.Pattern(c.Pattern).FromServer() {
			sockets *= 2 // one connection for events, one for POSTs
		}
		server := goroutineConnection
		if c.Stack == proto.Lean {
			server = loopConnection
		}
		if proto.Multiplexes(c.Protocol) || c.TLS {
			unknown[c.Protocol] = true
		}
		if c.Deflate == "takeover" {
			deflate += c.Connections * deflateConnection
		}
		connections, streams = connections+c.Connections, streams+c.Connections*c.Streams
		files, servers = files+sockets, servers+sockets*server
	}
	p.Connections, p.Streams = max(p.Connections, connections), max(p.Streams, streams)
	p.ClientMemory, p.ServerMemory = max(p.ClientMemory, files*clientConnection), max(p.ServerMemory, servers)
	p.Files, p.DeflateMemory = max(p.Files, files+SpareFiles), max(p.DeflateMemory, deflate)
}

// traffic adds the messages of all repetitions of a cell.
func (p *Plan) traffic(c Cell, repetitions float64) {
	switch c.Model {
	case cell.Closed:
		p.ClosedLoop = true
		if u := usersOf(c); proto.Pattern(c.Pattern).Traffic().Asked && u.Number > p.Users.Number {
			p.Users = u
		}
		return
	case cell.ServerPaced:
		p.Paced = true
		return
	}
	messages := c.Sent() * repetitions
	size := float64(c.Size)
	if p.CustomMessages {
		size = 0
	}
	traffic := proto.Pattern(c.Pattern).Traffic()
	if traffic.ClientSends || traffic.Shared && c.API != "" && c.From == "" { // the first client publishes
		p.BytesUp += messages * size
	}
	switch {
	case traffic.Shared:
		messages *= c.Receivers()
	case c.Tokens.Count > 0:
		p.BytesUp += messages * float64(c.Tokens.Request)
		messages *= float64(c.Tokens.Count)
	}
	switch {
	case c.API == cell.Guide && traffic.Name == proto.Push:
		p.GuideEvents = true
	case traffic.ServerSends:
		p.BytesDown += messages * size
	}
	p.Messages += messages
}
