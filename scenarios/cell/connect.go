package cell

import (
	"strings"
	"time"

	"rtbench/scenarios/spec"
)

// AtOnce is the value of Config.Connecting with which all connections open at the same time.
const AtOnce = "at-once"

var connectKind = spec.Kind[string]{
	Expected: "at-once, connections per second such as 100/s, or a duration such as 5s", Tag: "!!str",
	Allowed: []spec.Limits{
		{Enum: []string{AtOnce}},
		{Type: "string", Pattern: `^(\d+(\.\d+)?(k|M|)/s|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$`},
	},
	Parse: func(s string) (string, bool) {
		_, ok := parseConnect(s, 1)
		return s, ok
	},
	Hint: func(s string) string {
		return spec.Nearest(s, AtOnce+" once all-at-once now immediately together burst")
	},
}

// parseConnect returns the time between two connections of so many.
func parseConnect(s string, connections int) (every float64, ok bool) {
	if s == AtOnce {
		return 0, true
	}
	if rate, ok := spec.Rate.Parse(s); ok {
		return float64(time.Second) / rate, rate > 0
	}
	over, ok := spec.Duration(time.Millisecond).Parse(s)
	return float64(over) / float64(connections), ok
}

// ConnectAt returns when connection n, counted from 0, is due to be opened after connecting began. ok is
// false if that is not planned: then a limited number opens at a time.
func (c Config) ConnectAt(n int) (after time.Duration, ok bool) {
	every, ok := parseConnect(c.Connecting, c.Connections)
	return time.Duration(float64(n) * every), ok
}

// ConnectsFor returns the time from the first connection to the last, if that is planned; else 0.
func (c Config) ConnectsFor() time.Duration {
	last, _ := c.ConnectAt(c.Connections - 1)
	return last
}

// ConnectWords describes when connections are due, to follow "opened"; it is empty without a plan.
func (c Config) ConnectWords() string {
	switch {
	case c.Connecting == AtOnce:
		return "at once"
	case strings.HasSuffix(c.Connecting, "/s"):
		return "at " + c.Connecting
	case c.Connecting != "":
		return "over " + c.Connecting
	}
	return ""
}

func (c *Config) connectKey() spec.Key {
	return spec.Key{
		Name: "connect", Also: "connecting open opening connect_rate ramp_connections rampup_connections spawn_rate", Value: spec.Axis(&c.Connecting, connectKind), Example: "# [at-once, 100/s, 5s]",
		Doc: "An axis: when the connections of a cell, or of a group, are opened. 100/s: at that rate. 5s: evenly over that time. at-once: all at the same time. A connection is due at a planned time, and its connect time counts from then, with attempts that were refused. Default: up to 32 at a time, each as soon as one is open.",
	}
}
