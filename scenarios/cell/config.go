// Package cell holds the configuration of a cell, as scenarios give it, the load generator runs it
// and results store it.
package cell

import (
	"reflect"
	"time"
)

// A Config is the full configuration of a cell, defaults included.
type Config struct {
	Scenario    string        `json:"scenario"`
	Protocol    string        `json:"protocol"`
	API         string        `json:"api,omitempty"`  // guide or custom; empty for the reference servers
	Path        string        `json:"path,omitempty"` // the guide's event stream
	Pattern     string        `json:"pattern"`
	Axes        string        `json:"axes,omitempty"` // the axis values that distinguish this cell within its scenario
	Model       string        `json:"model"`
	Arrivals    string        `json:"arrivals,omitempty"`
	Rate        float64       `json:"rate,omitempty"` // messages/s over all streams
	Connections int           `json:"connections"`
	Streams     int           `json:"streams"` // per connection
	Think       time.Duration `json:"think_ns,omitempty"`
	Stages      []Stage       `json:"stages,omitempty"`
	Seed        int64         `json:"seed,omitempty"`
	Size        int           `json:"size"` // bytes, including the header
	Encoding    string        `json:"encoding"`
	TLS         bool          `json:"tls"`
	Engine      string        `json:"engine,omitempty"` // the reference server's engine, if the scenario sets it
	Target      string        `json:"target,omitempty"` // without query values
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

// A Stage changes the rate linearly to To (messages/s).
type Stage struct {
	// Duration of the ramp.
	Over time.Duration `json:"over_ns"`
	// Rate at the end of the ramp.
	To float64 `json:"to"`
}

// ID returns pattern/protocol, followed by /axis=value for each further axis:
// echo/websocket/size=1024. It is unique within a scenario.
func (c Config) ID() string {
	id := c.Pattern + "/" + c.Protocol
	if c.Axes != "" {
		id += "/" + c.Axes
	}
	return id
}

// SameLoad reports whether two cells have the same configuration apart from the target.
func (c Config) SameLoad(o Config) bool {
	c.Target, o.Target = "", ""
	return reflect.DeepEqual(c, o)
}

// AllStreams returns the number of streams over all connections, at least 1.
func (c Config) AllStreams() float64 { return float64(max(1, c.Connections*c.Streams)) }

// FromServer reports whether the server sends the messages, so that times are delivery times.
func (c Config) FromServer() bool { return c.Pattern == "push" || c.Pattern == "fanout" }

// HasPlan reports whether the measured messages follow a schedule.
func (c Config) HasPlan() bool { return c.Model == "open" && c.Times == "" }

// Values of Config.Times besides response and delivery times.
const (
	TimesGap    = "gap"     // between two messages on a stream
	TimesOneWay = "one-way" // received − the server's stamp in the message
)

// TimeName names the kind of times in response_ns: response time, delivery time, gap between
// arrivals or one-way time.
func (c Config) TimeName() string {
	switch {
	case c.Times == TimesGap:
		return "gap between arrivals"
	case c.Times == TimesOneWay:
		return "one-way time"
	case c.FromServer():
		return "delivery time"
	}
	return "response time"
}
