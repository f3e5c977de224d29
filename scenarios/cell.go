package scenarios

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Cell is one point of a scenario's matrix with everything needed to run it. Its JSON holds
// durations in nanoseconds, rates in messages per second and sizes in bytes. The zero value is not
// a point of any matrix.
type Cell struct {
	// ID is pattern/protocol, followed by /axis=value for each further axis:
	// echo/websocket/size=1024. It is unique within a scenario.
	ID string `json:"id"`
	// Axes is the part of ID after the protocol; cells that are compared have the same.
	Axes        string        `json:"axes,omitempty"`
	Scenario    string        `json:"scenario"`
	Protocol    string        `json:"protocol"`
	API         string        `json:"api"`
	Pattern     string        `json:"pattern"`
	Model       string        `json:"model"`
	Arrivals    string        `json:"arrivals,omitempty"` // open loop only
	Rate        Rate          `json:"rate,omitempty"`     // open loop only
	Connections int           `json:"connections"`
	Streams     int           `json:"streams"` // per connection
	Think       time.Duration `json:"think_ns,omitempty"`
	Stages      []Stage       `json:"stages,omitempty"` // shared with the scenario
	Seed        int64         `json:"seed"`
	Size        int           `json:"size"`
	Encoding    string        `json:"encoding"`
	Phases      Phases        `json:"phases"`
	TLS         bool          `json:"tls"`
	Engine      string        `json:"engine,omitempty"`
	Address     string        `json:"target,omitempty"` // custom target: URL of the endpoint without secrets
	Path        string        `json:"path,omitempty"`
}

// Cells returns the points of the matrix. The pattern varies slowest and the protocol fastest, so
// that cells to compare are adjacent.
func (s *Scenario) Cells() []Cell {
	cells := []Cell{{
		Scenario: s.Name, Stages: s.Load.Stages, Seed: s.Load.Seed, Phases: s.Phases, Address: s.Address, API: s.API, Path: s.Path,
	}}
	cells = expand(cells, "", s.Pattern, func(c *Cell, v string) { c.Pattern = v })
	cells = expand(cells, "model", s.Load.Model, func(c *Cell, v string) { c.Model = v })
	cells = expand(cells, "arrivals", s.Load.Arrivals, func(c *Cell, v string) { c.Arrivals = v })
	cells = expand(cells, "rate", s.Load.Rate, func(c *Cell, v Rate) { c.Rate = v })
	cells = expand(cells, "connections", s.Load.Connections, func(c *Cell, v int) { c.Connections = v })
	cells = expand(cells, "streams", s.Load.Streams, func(c *Cell, v int) { c.Streams = v })
	cells = expand(cells, "think", s.Load.Think, func(c *Cell, v time.Duration) { c.Think = v })
	cells = expand(cells, "size", s.Payload.Size, func(c *Cell, v int) { c.Size = v })
	cells = expand(cells, "encoding", s.Payload.Encoding, func(c *Cell, v string) { c.Encoding = v })
	cells = expand(cells, "tls", s.TLS, func(c *Cell, v bool) { c.TLS = v })
	cells = expand(cells, "engine", s.Engine, func(c *Cell, v string) { c.Engine = v })
	cells = expand(cells, "", s.Protocols, func(c *Cell, v string) { c.Protocol = v })
	secure := map[string]bool{}
	for name, e := range s.Custom.Endpoints {
		at, _ := cutURL(e.URL)
		secure[name] = at.secure()
	}
	for i := range cells {
		c := &cells[i]
		if s.spread && !Multiplexes(c.Protocol) {
			c.Connections, c.Streams = c.Connections*c.Streams, 1
		}
		if e := s.Custom.Endpoints[c.Protocol]; s.API == custom && e != nil {
			c.Address, c.TLS = e.public, secure[c.Protocol]
		}
		c.Axes = strings.TrimPrefix(c.Axes, "/")
		c.ID = strings.TrimSuffix(c.Pattern+"/"+c.Protocol+"/"+c.Axes, "/")
	}
	return cells
}

// expand multiplies cells by the values of an axis. An axis with a single value is not part of the
// ID; one without values changes nothing.
func expand[T any](cells []Cell, axis string, values []T, set func(*Cell, T)) []Cell {
	if len(values) == 0 {
		return cells
	}
	out := make([]Cell, 0, len(cells)*len(values))
	for _, c := range cells {
		for _, v := range values {
			n := c
			set(&n, v)
			if axis != "" && len(values) > 1 {
				n.Axes += "/" + axis + "=" + axisValue(v)
			}
			out = append(out, n)
		}
	}
	return out
}

// axisValue formats a value without an exponent: 1000000, not 1e+06.
func axisValue(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// runs returns cells × repetitions without building the cells, which may not fit in memory.
func (s *Scenario) runs() float64 {
	runs := float64(s.Repetitions)
	for _, n := range []int{
		len(s.Pattern), len(s.Load.Model), len(s.Load.Arrivals), len(s.Load.Rate), len(s.Load.Connections), len(s.Load.Streams),
		len(s.Load.Think), len(s.Payload.Size), len(s.Payload.Encoding), len(s.TLS), len(s.Engine), len(s.Protocols),
	} {
		runs *= float64(max(1, n))
	}
	return runs
}
