// Package cell holds the configuration of a cell: the keys of a scenario that give it, and the type
// that the load generator runs and results store.
package cell

import (
	"math"
	"strings"
	"time"

	"rtbench/proto"
	"rtbench/scenarios/spec"
)

// A Config is the full configuration of a cell, defaults included.
type Config struct {
	Scenario    string    `json:"scenario"`
	Protocol    string    `json:"protocol"`
	API         string    `json:"api,omitempty"`  // guide or custom; empty for the reference servers
	Path        string    `json:"path,omitempty"` // the guide's event stream
	Pattern     string    `json:"pattern"`
	Axes        string    `json:"axes,omitempty"`    // the axis values that distinguish this cell within its scenario
	Group       string    `json:"group,omitempty"`   // of connections, if the scenario has groups
	From        string    `json:"from,omitempty"`    // the group whose messages are delivered to this one; Rate is theirs
	Rooms       int       `json:"rooms,omitempty"`   // over which the streams of each group are spread; 0: one
	Without     string    `json:"without,omitempty"` // the group that is left out; empty: none
	Read        Reading   `json:"read,omitzero"`
	Network     Network   `json:"network,omitzero"`
	Tokens      Tokens    `json:"tokens,omitzero"` // of the reference server's answers, with pattern generate
	Events      []Event   `json:"events,omitempty"`
	Reconnect   Reconnect `json:"reconnect,omitzero"`
	Join        Join      `json:"join,omitzero"`
	Model       string    `json:"model"`
	Arrivals    string    `json:"arrivals,omitempty"`
	Wave        string    `json:"wave,omitempty"` // of the rate in the steady phase
	Rate        float64   `json:"rate,omitempty"` // messages/s over all streams
	Connections int       `json:"connections"`
	Streams     int       `json:"streams"`              // per connection
	Topology    string    `json:"topology,omitempty"`   // of the streams, if the scenario sets it
	Connecting  string    `json:"connecting,omitempty"` // when connections open; see ConnectAt
	Think       Pause     `json:"think,omitzero"`       // between a reply and the next message, in a closed loop
	Stages      []Stage   `json:"stages,omitempty"`
	Overload    Overload  `json:"overload,omitzero"` // with which the steady phase begins
	Trace       Trace     `json:"trace,omitzero"`
	Steps       Steps     `json:"-"` // as the scenario gives them; Stages has them in their order
	Seed        int64     `json:"seed,omitempty"`
	Size        int       `json:"size"` // bytes, including the header
	Encoding    string    `json:"encoding"`
	TLS         bool      `json:"tls"`
	Stack       string    `json:"stack"`            // of both ends; of the client, unless rtbench's reference server
	Target      string    `json:"target,omitempty"` // without query values
	// Route says how connections reach a custom target, if not directly: other addresses, a proxy, local addresses.
	Route string `json:"route,omitempty"`
	// Insecure reports that the server's certificate was not verified.
	Insecure bool `json:"insecure,omitempty"`
	// Match names the method that correlated replies of a custom target: header, field PATH, order or none.
	Match string `json:"match,omitempty"`
	// Deflate is the compression offered to a custom WebSocket target.
	Deflate string `json:"deflate,omitempty"`
	// Batch is the number of messages per gRPC client-streaming call, if above 1. Rates and counts
	// are then of calls.
	Batch int `json:"batch,omitempty"`
	// Times is the kind of times in response_ns if they are neither response nor delivery times:
	// gap (between messages on a stream) or one-way (since the server's stamp).
	Times   string        `json:"times,omitempty"`
	Connect time.Duration `json:"connect_ns"`
	Warmup  time.Duration `json:"warmup_ns"`
	Steady  time.Duration `json:"steady_ns"`
	Drain   time.Duration `json:"drain_ns"`
}

// Values of Config.API and Config.Model.
const (
	Reference   = "reference"
	Guide       = "guide"
	Custom      = "custom"
	Open        = "open"
	Closed      = "closed"
	ServerPaced = "server" // a custom server sets the pace
)

// Values of Config.Topology.
const (
	EachStream    = "each" // a connection per stream
	OneConnection = "one"  // all streams on one connection
	EachCore      = "core" // a connection per core
)

func patternKind() spec.Kind[string] {
	words := proto.PatternNames()
	for i, p := range proto.Patterns {
		words[i] += " " + p.Synonyms
	}
	return spec.OneOf(words...)
}

func stackKind() spec.Kind[string] {
	words := proto.StackNames()
	for i, name := range words {
		switch name {
		case proto.Stock:
			words[i] += " default standard goroutine"
		case proto.Lean:
			words[i] += " loop epoll eventloop event-loop loops own"
		}
	}
	return spec.OneOf(words...)
}

func stackDoc() string {
	doc := "An axis: the code that speaks the protocol, at both ends; with a target, at the client. A protocol that lacks a stack of a list is measured with the others. Default stock; for other targets lean."
	for _, name := range proto.StackNames() {
		var rows []string
		for _, s := range proto.Stacks {
			if s.Name == name {
				rows = append(rows, s.Protocol+" "+s.About)
			}
		}
		doc += " " + name + ": " + strings.Join(rows, "; ") + "."
	}
	return doc
}

var pathText = spec.Pattern("a path such as /stream/user", `^/[!-~]{0,256}$`)

// Keys returns the keys that fill c, except the protocols.
func (c *Config) Keys() []spec.Key {
	size := spec.Bytes(proto.HeaderSize, proto.MaxSize, "1MiB")
	return []spec.Key{
		{
			Name: "path", Value: spec.One(&c.Path, pathText), Secret: true,
			Conflicts: []spec.Conflict{
				c.withAPI(Custom, " with api: custom; expected it in the URL, such as wss://host/path"),
				c.withAPI(Reference, " with api: reference; expected `api: guide` with it"),
				spec.When(func() bool { return c.Pattern != "push" }, " without pattern push; expected no path"),
			},
			Example: "# /stream/user", Doc: "The event stream to read, with the guide's API and pattern push. Default /stream.",
		},
		{
			Name: "pattern", Also: "patterns workload", Value: spec.Axis(&c.Pattern, patternKind()), Required: "a line such as `pattern: echo`, of echo, push, upload, fanout, generate",
			Example: "[echo, push]", Flag: spec.Flag{Name: "pattern", Usage: "traffic `PATTERN`: echo, push, upload, fanout or generate", Default: "echo"},
			Doc: "Required, an axis. echo: the server returns each message. push: the server sends. upload: the client sends, and the server answers once at the end. fanout: the server delivers each published message to all streams. generate: the server answers each request with a stream of messages, called tokens, as language models do.",
		},
		{Name: "load", Also: "traffic", Doc: "Rate, arrival process and number of connections.", Value: spec.Section(c.loadKeys()...)},
		{
			Name: "payload", Also: "body", Doc: "Size and encoding of messages.", Conflicts: []spec.Conflict{c.withGuidePush()},
			Value: spec.Section(
				spec.Key{
					Name: "size", Also: "bytes message_size messagesize message-size msg_size", Value: spec.Axis(&c.Size, size), Default: "128", Example: "[64, 4KiB]",
					Flag: spec.Flag{Name: "size", Usage: "message `SIZE`, such as 128 or 4KiB", Default: "128"},
					Doc:  "An axis: bytes per message, including the header (32 bytes; 43 in text), up to 1MiB. 128, 4KiB (4096), 4KB (4000). Default 128.",
				},
				spec.Key{
					Name: "encoding", Default: "binary", Example: "text",
					Value: spec.Axis(&c.Encoding, spec.OneOf("binary bytes raw bin", "text utf8 utf-8 string base64", "native json proto protobuf")),
					Doc:   "An axis: binary (default), text, or native (JSON; protobuf over gRPC).",
				},
			),
		},
		c.tokensKey(),
		c.Read.key(),
		c.joinKey(),
		c.networkKey(),
		c.eventsKey(),
		c.reconnectKey(),
		{Name: "phases", Also: "durations timing", Value: spec.Section(c.phaseKeys()...), Doc: "Durations of the phases of a repetition: connect, warm-up, steady state and drain. Only the steady state is measured."},
		{
			Name: "tls", Also: "ssl secure https", Value: spec.Axis(&c.TLS, spec.Bool), Default: "false", Example: "[false, true]", Doc: "An axis: encrypt all connections. Default false.",
			Conflicts: []spec.Conflict{c.withAPI(Custom, " with api: custom; expected wss, https or grpcs in the URLs, and certificates under target.tls")},
		},
		{
			Name: "stack", Also: "stacks engine library libraries implementation client", Value: spec.Axis(&c.Stack, stackKind()), Example: "# [stock, lean]",
			Conflicts: []spec.Conflict{c.withAPI(Guide, " with api: guide; expected api: reference or custom")},
			Flag:      spec.Flag{Name: "stack", Usage: "`STACK` that speaks the protocol: " + strings.Join(proto.StackNames(), ", "), Shown: proto.Stock + "; for URLs, " + proto.Lean},
			Doc:       stackDoc(),
		},
	}
}

func (c *Config) loadKeys() []spec.Key {
	seed := spec.Integer[int64](math.MinInt64, math.MaxInt64).Expecting("an integer of at most 64 bits")
	seed.Allowed = []spec.Limits{{Type: "integer"}}
	return []spec.Key{
		{
			Name: "model", Also: "loop mode kind type", Value: spec.Axis(&c.Model, spec.OneOf("open open-loop openloop constant-rate arrival-rate", "closed closed-loop closedloop close")),
			Default: "open", Conflicts: []spec.Conflict{c.withPace()}, Flag: spec.Flag{Name: "closed", Switch: "closed", Usage: "closed loop: send the next message when the reply arrives, instead of at --rate"},
			Doc: "open (default): messages are due at planned times, regardless of the server. closed: each message follows the reply to the one before; with pattern generate, each stream is a user who asks again a think time after its answer.",
		},
		{
			Name: "arrivals", Also: "arrival distribution", Value: spec.Axis(&c.Arrivals, arrivalsKind()),
			Default: "constant", Example: "poisson", Conflicts: []spec.Conflict{c.withClosed(), c.withPace(), c.withGuidePush()},
			Doc: "An axis, open loop only: how the gaps between the messages of all streams together vary. constant (default): not at all. poisson: as if sent by many independent users. gamma(cv=2): with that standard deviation, as a multiple of the mean (0.1 to 10); below 1 more regular than poisson, above 1 in clusters.",
		},
		{
			Name: "wave", Also: "waves bursts burst sine shape modulation", Value: spec.Axis(&c.Wave, waveKind),
			Example: "[none, bursts(100ms/500ms)]", Conflicts: []spec.Conflict{c.withClosed(), c.withPace(), c.withGuidePush()},
			Doc: "An axis, open loop only: how the rate rises and falls in the steady phase, which is a whole number of periods. `rate` stays its mean, so all waves send as many messages; the warm-up has no wave. none (default). bursts(100ms/1s): all messages of each second in its first 100ms. bursts(100ms/1s/50%): half the mean rate between bursts, and all other messages in bursts; the report then also says how long a burst is felt. sine(80%/10s): up to 80% more and less, over 10s.",
		},
		{
			Name: "rate", Also: "qps rps tps mps throughput rates messages_per_second speed", Value: spec.Axis(&c.Rate, spec.Rate), Example: "[1k/s, 2.5k/s]", Conflicts: []spec.Conflict{c.withClosed(), c.withPace()},
			Flag: spec.Flag{Name: "rate", Usage: "`RATE` over all connections in messages per second, such as 500/s or 5k/s", Not: "closed"},
			Doc:  "An axis, required in an open loop and only there: total messages per second over all streams; for fanout, messages published per second; for generate, requests per second. 500/s, 20k/s, 1.5M/s; 0/s if stages follow.",
		},
		{
			Name: "connections", Also: "connection conns conn clients users vus concurrency subscribers", Value: spec.Axis(&c.Connections, spec.Integer(1, 100_000)), Default: "1", Example: "4",
			Flag: spec.Flag{Name: "connections", Short: "c", Usage: "`NUMBER` of connections", Default: "16"},
			Doc:  "An axis: connections per cell. Default 1. With pattern generate, at most as many answers are in flight as there are streams, and other requests wait; in a closed loop, so many users ask.",
		},
		{
			Name: "streams", Value: spec.Axis(&c.Streams, spec.Integer(1, 100_000)), Default: "1", Example: "2",
			Doc: "An axis: streams per connection, for protocols that multiplex (" + strings.Join(proto.MultiplexingNames(), ", ") + "). Default 1.",
		},
		{
			Name: "topology", Also: "topologies multiplexing multiplex", Value: spec.Axis(&c.Topology, spec.OneOf(EachStream+" connection-each", OneConnection+" single shared", EachCore+" cores connection-per-core")), Example: "# [each, one, core]",
			Doc: "An axis: how protocols that multiplex spread as many streams as `connections`. each: a connection per stream. one: all streams on one connection. core: a connection per core of this machine. The other protocols always have a connection per stream, in one cell. Default: as `connections` and `streams` say.",
		},
		c.connectKey(),
		{
			Name: "think", Also: "think_time thinktime think-time pause sleep wait", Value: spec.Axis(&c.Think, PauseKind()), Example: "# exponential(10ms)", Conflicts: []spec.Conflict{c.withModel(Open, " in an open loop; expected `model: closed` with it"), c.withPace()},
			Doc: "An axis, closed loop only: pause between a reply, or the end of an answer, and the next message. 10ms: always the same. exponential(10ms), with that mean, and uniform(5ms, 20ms): random, the same in every run (load.seed).",
		},
		{
			Name: "stages", Also: "stage ramp ramps ramp_up rampup ramp-up", Value: spec.Items(&c.Stages, "ramps such as [{over: 10s, to: 50k/s}]", stage), Example: "[{over: 2s, to: 5k/s}, {over: 1s, to: 5k/s}]", Conflicts: []spec.Conflict{c.withClosed(), c.withPace(), c.withGuidePush()},
			Doc: "Linear ramps, open loop only: from `rate` to each target rate in turn. Their total is the steady phase, so phases.steady is omitted. A rate of 0/s is a pause.",
		},
		c.stepsKey(),
		c.traceKey(),
		{Name: "seed", Value: spec.One(&c.Seed, seed), Default: "1", Example: "7", Doc: "Seed of random arrivals and of the order of shuffled steps. Default 1."},
	}
}

func (c *Config) phaseKeys() []spec.Key {
	return []spec.Key{
		{Name: "connect", Value: spec.One(&c.Connect, spec.Duration(0)), Default: "0s", Doc: "Time to open all streams. 0s (default): as needed, up to 10 s after the last is due (load.connect)."},
		{Name: "warmup", Also: "warm-up warm_up warm", Value: spec.One(&c.Warmup, spec.Duration(0)), Default: "1s", Example: "500ms", Doc: "Load before the measurement. Default 1s."},
		{
			Name: "steady", Also: "duration time length run_time runtime", Value: spec.One(&c.Steady, spec.Duration(time.Millisecond)), Default: "5s", Example: "# 5s",
			Flag: spec.Flag{Name: "duration", Short: "d", Usage: "`DURATION` of the steady phase, such as 30s", Default: "5s"},
			Doc:  "Measured time. Default 5s; set by stages if given.",
		},
		{Name: "drain", Also: "cooldown cool-down grace timeout", Value: spec.One(&c.Drain, spec.Duration(0)), Default: "2s", Doc: "Maximum wait for late replies. Default 2s."},
	}
}
