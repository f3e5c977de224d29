package cell

import (
	"reflect"

	"rtbench/proto"
)

// ID returns pattern/protocol, followed by /axis=value for each further axis:
// echo/websocket/size=1024. It is unique within a scenario.
func (c Config) ID() string {
	id := c.Pattern + "/" + c.Protocol
	if c.Axes != "" {
		id += "/" + c.Axes
	}
	if c.Overload.For > 0 {
		id += "/overload"
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
func (c Config) FromServer() bool { return proto.Pattern(c.Pattern).FromServer() }

// AcrossClocks reports whether the times are differences of the generator's clock and the server's. Those of a
// custom target are so only by its stamps.
func (c Config) AcrossClocks() bool {
	switch c.API {
	case Custom:
		return false
	case Guide:
		return c.Pattern == "push"
	}
	return c.Pattern != "echo" && c.From == ""
}

// HasPlan reports whether the measured messages follow a schedule: that of the load, or of a reference server that
// plans each answer.
func (c Config) HasPlan() bool {
	return c.Times == "" && (c.Model == "open" || c.Pattern == "generate")
}

// OneAtATime reports whether each message of a stream follows the reply to the one before.
func (c Config) OneAtATime() bool { return c.Model == Closed && c.Pattern != "generate" }

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
