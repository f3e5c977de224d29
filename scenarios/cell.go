package scenarios

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"rtbench/proto"
	"rtbench/scenarios/cell"
)

// A Cell is one point of a scenario's matrix.
type Cell = cell.Config

// Cells returns the points of the matrix. The pattern varies slowest and the protocol fastest, so
// that cells to compare are adjacent.
func (s *Scenario) Cells() []Cell {
	cells := []Cell{{
		Scenario: s.Name, Stages: s.Load.Stages, Seed: s.Load.Seed, Target: s.Address, API: s.API, Path: s.Path,
		Connect: s.Phases.Connect, Warmup: s.Phases.Warmup, Steady: s.Phases.Steady, Drain: s.Phases.Drain,
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
	for i := range cells {
		c := &cells[i]
		if s.spread && !proto.Multiplexes(c.Protocol) {
			c.Connections, c.Streams = c.Connections*c.Streams, 1
		}
		c.Axes = strings.TrimPrefix(c.Axes, "/")
		switch s.API {
		case reference:
			c.API = ""
		case custom:
			s.configureCustom(c)
		}
	}
	return cells
}

// configureCustom fills in the configuration of a custom target's cell.
func (s *Scenario) configureCustom(c *Cell) {
	t := s.Custom
	e := t.Endpoints[c.Protocol]
	if e == nil {
		return
	}
	at, _ := cutURL(e.URL)
	c.Target, c.TLS = e.public, at.secure()
	c.Insecure = c.TLS && t.TLS.Insecure
	c.Match = strings.TrimSpace(t.Match.By + " " + t.Match.Field)
	if c.Model == server || t.Match.By == "none" {
		c.Times = cell.TimesGap
		if t.Stamp.Field != "" {
			c.Times = cell.TimesOneWay
		}
	}
	if c.Protocol == "websocket" && e.Deflate != "off" {
		c.Deflate = e.Deflate
	}
	if e.Batch > 1 {
		c.Batch = e.Batch
	}
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
