package result

import (
	"time"
)

// A Config is what a cell asked for, every value filled in.
type Config struct {
	Scenario    string        `json:"scenario"`
	Protocol    string        `json:"protocol"`
	API         string        `json:"api,omitempty"`  // guide or custom; empty for the reference servers
	Path        string        `json:"path,omitempty"` // of the guide's event stream
	Pattern     string        `json:"pattern"`
	Axes        string        `json:"axes,omitempty"` // the values that tell this cell from others of its scenario
	Model       string        `json:"model"`
	Arrivals    string        `json:"arrivals,omitempty"`
	Rate        float64       `json:"rate,omitempty"` // messages/s over all streams
	Connections int           `json:"connections"`
	Streams     int           `json:"streams"` // a connection
	Think       time.Duration `json:"think_ns,omitempty"`
	Stages      []Stage       `json:"stages,omitempty"`
	Seed        int64         `json:"seed,omitempty"`
	Size        int           `json:"size"` // bytes, header included
	Encoding    string        `json:"encoding"`
	TLS         bool          `json:"tls"`
	Engine      string        `json:"engine,omitempty"` // of the reference server, where it was asked for
	Target      string        `json:"target,omitempty"` // without the values of a query
	// Insecure says that the server's certificate was not verified.
	Insecure bool `json:"insecure,omitempty"`
	// Match is how replies of contract own were told apart: header, field PATH, order, none.
	Match string `json:"match,omitempty"`
	// Deflate is the compression that a WebSocket of contract own offers.
	Deflate string `json:"deflate,omitempty"`
	// Batch is how many messages a call of gRPC client streaming has, if more than one: rates and
	// counts of messages are those of calls.
	Batch int `json:"batch,omitempty"`
	// Times says what response_ns holds where it is neither a response nor a delivery time by
	// a plan: gap, between the arrivals on a stream, or one-way, from a stamp in the message.
	Times   string        `json:"times,omitempty"`
	Connect time.Duration `json:"connect_ns"`
	Warmup  time.Duration `json:"warmup_ns"`
	Steady  time.Duration `json:"steady_ns"`
	Drain   time.Duration `json:"drain_ns"`
}

// CustomAPI is the Config.API of cells whose messages the scenario defines.
const CustomAPI = "custom"

// A Stage is a stretch in which the rate goes linearly to To (messages/s).
type Stage struct {
	Over time.Duration `json:"over_ns"`
	To   float64       `json:"to"`
}

// allStreams is how many streams a cell has in all, at least one.
func (c Config) allStreams() float64 { return float64(max(1, c.Connections*c.Streams)) }

// FromServer says whether the cell's messages come from the server, so that its
// times are delivery times.
func (c Config) FromServer() bool { return c.Pattern == "push" || c.Pattern == "fanout" }

// hasPlan reports whether the measured messages follow a plan.
func (c Config) hasPlan() bool { return c.Model == "open" && c.Times == "" }

// What a cell's response_ns holds (Config.Times) where it is neither a response nor a
// delivery time by a plan.
const (
	TimesGap    = "gap"     // between two arrivals on a stream
	TimesOneWay = "one-way" // received − the server's stamp in the message
)

// ServerPaced is the Model of cells whose server sends when it likes: there is no plan, and
// nobody waits for an answer.
const ServerPaced = "server"

// TimeName is what the times of response_ns are, in words: response time, delivery time,
// gap between arrivals, one-way time.
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

// shortTime is the word of TimeName before p50 in a reason.
func (c Config) shortTime() string {
	if c.Times == TimesGap || c.Times == TimesOneWay {
		return c.Times
	}
	return "response"
}
