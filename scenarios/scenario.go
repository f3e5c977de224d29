// Package scenarios is the language: the types of a scenario, a strict reader
// that reports every problem at once with its place, and the built-in scenarios.
// It runs nothing. Only Open touches the disk; the rest is pure.
package scenarios

import (
	"fmt"
	"strings"
	"time"
)

// A Scenario is a scenario file as written. A field of several values is an axis
// of the matrix. Rates are messages per second, sizes bytes.
type Scenario struct {
	Name        string
	About       string
	Target      string // control address of a running server; empty: start one
	Protocols   []string
	Pattern     []string
	Load        Load
	Payload     Payload
	Phases      Phases
	Repetitions int
	TLS         []bool
	Thresholds  []Threshold

	File   string // where it came from
	Source []byte // its text
}

// Load says how messages come.
type Load struct {
	Model       []string // open or closed
	Arrivals    []string // constant or poisson; open loop only
	Rate        []float64
	Connections []int
	Streams     []int // a connection
	Think       []time.Duration
	Stages      []Stage
	Seed        int64
}

// A Stage is a stretch in which the rate goes linearly to To.
type Stage struct {
	Over time.Duration
	To   float64
}

// Payload says what messages are.
type Payload struct {
	Size     []int
	Encoding []string // binary or text
}

// Phases are the lengths of the phases of a repetition. Connect is a bound.
type Phases struct {
	Connect, Warmup, Steady, Drain time.Duration
}

// A Cell is one point of a scenario's matrix.
type Cell struct {
	ID          string // pattern/protocol, and axis=value for each further axis
	Axes        string // those further axes alone
	Protocol    string
	Pattern     string
	Model       string
	Arrivals    string
	Rate        float64
	Connections int
	Streams     int
	Think       time.Duration
	Size        int
	Encoding    string
	TLS         bool
}

// Cells returns the points of the matrix; protocols vary fastest, so that cells
// to be compared are neighbours.
func (s *Scenario) Cells() []Cell {
	cells := []Cell{{}}
	cells = expand(cells, "", s.Pattern, func(c *Cell, v string) { c.Pattern = v })
	cells = expand(cells, "model", s.Load.Model, func(c *Cell, v string) { c.Model = v })
	cells = expand(cells, "arrivals", s.Load.Arrivals, func(c *Cell, v string) { c.Arrivals = v })
	cells = expand(cells, "rate", s.Load.Rate, func(c *Cell, v float64) { c.Rate = v })
	cells = expand(cells, "connections", s.Load.Connections, func(c *Cell, v int) { c.Connections = v })
	cells = expand(cells, "streams", s.Load.Streams, func(c *Cell, v int) { c.Streams = v })
	cells = expand(cells, "think", s.Load.Think, func(c *Cell, v time.Duration) { c.Think = v })
	cells = expand(cells, "size", s.Payload.Size, func(c *Cell, v int) { c.Size = v })
	cells = expand(cells, "encoding", s.Payload.Encoding, func(c *Cell, v string) { c.Encoding = v })
	cells = expand(cells, "tls", s.TLS, func(c *Cell, v bool) { c.TLS = v })
	cells = expand(cells, "", s.Protocols, func(c *Cell, v string) { c.Protocol = v })
	for i := range cells {
		c := &cells[i]
		c.Axes = strings.TrimPrefix(c.Axes, "/")
		c.ID = strings.TrimSuffix(c.Pattern+"/"+c.Protocol+"/"+c.Axes, "/")
	}
	return cells
}

// expand multiplies cells by the values of one axis. An axis with a single value
// is not named.
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
				n.Axes += fmt.Sprintf("/%s=%v", axis, v)
			}
			out = append(out, n)
		}
	}
	return out
}

// Shorten makes a scenario fit to show that all works: one repetition of half a
// second of each cell. Figures from it mean little.
func (s *Scenario) Shorten() {
	const quick = 500 * time.Millisecond
	s.Repetitions = 1
	s.Phases.Warmup = min(s.Phases.Warmup, quick/5)
	if len(s.Load.Stages) == 0 {
		s.Phases.Steady = min(s.Phases.Steady, quick)
	}
}
