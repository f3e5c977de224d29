package report

import (
	"fmt"

	"rtbench/report/metric"
	"rtbench/report/stats"
)

// A cost is the range of values that several pairs of repetitions show, over protocols. The zero value shows none.
type cost struct {
	names           []string // of the protocols that show one
	low, high       float64
	lowest, highest string
}

// add adds the value of a protocol, if enough pairs show that there is one.
func (c *cost) add(name string, in stats.Interval) {
	if in.N < metric.MinPairs || in.Low <= 0 {
		return
	}
	if len(c.names) == 0 || in.Median < c.low {
		c.low, c.lowest = in.Median, name
	}
	if in.Median > c.high {
		c.high, c.highest = in.Median, name
	}
	c.names = append(c.names, name)
}

// sentence says that something costs the server so much of a resource, over a number of protocols; empty if none
// shows it.
func (c *cost) sentence(what, resource string, protocols int, format func(float64) string) string {
	over := ""
	if len(c.names) < protocols {
		over = overThese(c.names, protocols)
	}
	switch {
	case len(c.names) == 0:
		return ""
	case c.high > 1.05*c.low:
		return fmt.Sprintf("%s costs the server %s (%s) to %s (%s) of %s", what, format(c.low), c.lowest, format(c.high), c.highest, resource)
	}
	return fmt.Sprintf("%s costs the server %s of %s%s", what, format(c.high), resource, over)
}
