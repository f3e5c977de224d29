package cell

// A Share is the part of a cell that one generator runs: generator Index, counted from 0, of Of takes
// connections Index, Index+Of, Index+2·Of … with all of their streams. Each stream keeps its number in
// the cell, and with it its plan, its seed and its rows, so that all shares together are the same load as
// the whole cell, message by message. The zero value is the whole cell.
type Share struct {
	Index int `json:"index"`
	Of    int `json:"of"`
}

// Connections returns how many of the cell's connections the share has.
func (s Share) Connections(c *Config) int {
	if s.Of <= 1 {
		return c.Connections
	}
	return max(0, (c.Connections-s.Index+s.Of-1)/s.Of)
}

// Connection returns the number in the cell of the share's nth connection, both counted from 0.
func (s Share) Connection(n int) int {
	if s.Of <= 1 {
		return n
	}
	return s.Index + n*s.Of
}

// Stream returns the number in the cell of the share's nth stream, both counted from 0.
func (s Share) Stream(c *Config, n int) int { return s.Connection(n/c.Streams)*c.Streams + n%c.Streams }

// Holder returns the index of the share that has a stream of the cell.
func (s Share) Holder(c *Config, stream int) int { return stream / c.Streams % max(1, s.Of) }

// Fraction returns the share's part of the cell's streams, from 0 to 1.
func (s Share) Fraction(c *Config) float64 {
	return float64(s.Connections(c)) / float64(max(1, c.Connections))
}

// Part returns the configuration of a share's load: that of a cell with the share's connections and
// its part of the rate. In fanout every stream receives the whole rate.
func (c Config) Part(s Share) Config {
	part, stages := s.Fraction(&c), c.Stages
	c.Connections = s.Connections(&c)
	if c.Pattern == "fanout" {
		return c
	}
	c.Rate, c.Stages = c.Rate*part, nil
	for _, stage := range stages {
		stage.To *= part
		c.Stages = append(c.Stages, stage)
	}
	return c
}
