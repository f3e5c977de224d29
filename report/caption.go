package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// caption describes the values in the group's tables.
func (g *Group) caption() string {
	match := MatchCaption(g.Config())
	if match != "" {
		match = "; " + match
	}
	negotiated := strings.Join(g.Negotiated(), "; ")
	if negotiated != "" {
		negotiated = "\nnegotiated: " + negotiated
	}
	if besides := strings.Join(g.Besides(), "; "); besides != "" {
		negotiated += "\nbesides the measured messages: " + besides
	}
	repetitions := result.Plural(len(g.Cells[0].Repetitions), "repetition")
	if len(g.Cells[0].Repetitions) > 1 {
		repetitions += " (percentiles of merged histograms, medians otherwise)"
	}
	return fmt.Sprintf("%s%s; %s%s%s%s",
		g.TimesCaption(), match, repetitions, g.stacks()+g.batches(), negotiated, g.clientTimes()+g.together())
}

const together = "CPU, memory and wire bytes are those of all groups, per message or stream of any of them"

// Basis describes how rates and costs of cells are counted.
func Basis(c result.Config) string {
	if strings.Contains(c.Axes, "without=") || c.Group != "" && stayOf(c) != "" {
		return "Rates are totals of a group. Memory is that of the server's process, without the buffers of its kernel."
	}
	if c.Group != "" {
		return "Rates are totals of a group; " + together + "."
	}
	return "CPU and bytes are per message."
}

func (g *Group) together() string {
	if g.Config().Group == "" {
		return ""
	}
	return "\n" + together
}

// clientTimes says how much of the response times is rtbench's own part, where that is known.
func (g *Group) clientTimes() string {
	client := metric.ClientTime()
	var parts []string
	for _, c := range g.Cells {
		if v := client.Value(c); !math.IsNaN(v) {
			parts = append(parts, c.Config.Protocol+" "+client.Format(v))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "\nof a response time, the client's own sending and receiving take about: " + strings.Join(parts, ", ")
}

// stacks names the stacks of the group's cells with the versions of their libraries, and what received.
func (g *Group) stacks() string {
	var protocols, receivers Grouped[string, string]
	for _, c := range g.Cells {
		if c.Client.Known() {
			protocols.Add(describeStacks(c.Client, c.Server), c.Config.Protocol)
		}
		if by := c.Repetitions[0].Client.Receivers; by != "" {
			receivers.Add(by, c.Config.Protocol)
		}
	}
	return captionLine("stacks", protocols) + captionLine("received by", receivers)
}

// describeStacks describes the stacks of both ends.
func describeStacks(client, server result.Stack) string {
	text := client.Name + ", " + client.String()
	switch {
	case !server.Known():
		return "client " + text
	case server.Name != client.Name || server.String() != client.String():
		return "client " + text + ", server " + server.Name + ", " + server.String()
	}
	return text
}

// captionLine returns a line that lists the keys with their values, "" if there are none.
func captionLine(name string, g Grouped[string, string]) string {
	var parts []string
	for _, key := range g.Keys {
		parts = append(parts, fmt.Sprintf("%s (%s)", key, strings.Join(g.Of[key], ", ")))
	}
	if len(parts) == 0 {
		return ""
	}
	return "\n" + name + ": " + strings.Join(parts, "; ")
}

// batches explains msg/s for calls with several messages.
func (g *Group) batches() string {
	for _, c := range g.Cells {
		if n := c.Config.Batch; n > 1 {
			text := fmt.Sprintf("\n%s: each call sends %d messages; msg/s and all message counts count calls", c.Config.Protocol, n)
			if rate := metric.For(quantity.Throughput).Value(c); !math.IsNaN(rate) {
				text += fmt.Sprintf(" (%s calls/s = %s messages/s on the wire)", result.Count(rate), result.Count(rate*float64(n)))
			}
			return text
		}
	}
	return ""
}

// TimesCaption describes the times of the cells and when they start.
func (g *Group) TimesCaption() string { return timesCaption(g.results()...) }

func timesCaption(cells ...*result.Cell) string {
	c := cells[0].Config
	switch {
	case c.Times == result.TimesOneWay:
		return fmt.Sprintf("%s (server's stamp, %s)", c.TimeName(), clocks(cells))
	case c.Times == result.TimesGap:
		return c.TimeName() + " on a stream"
	case c.Model != "open" && !c.HasPlan():
		return c.TimeName() + " from the actual send time" + serverClocks(cells) // a closed loop has no schedule
	}
	return c.TimeName() + " from the intended send time" + serverClocks(cells)
}

// serverClocks describes how the clocks of reference servers agree with the generator's, if times depend
// on that.
func serverClocks(cells []*result.Cell) string {
	var widest *result.ClockOffset
	for _, c := range cells {
		if o := c.ServerClock(); o != nil && (widest == nil || o.Bound > widest.Bound) {
			widest = o
		}
	}
	switch {
	case widest == nil:
		return ""
	case widest.Bound < 0:
		return " (clock offset unknown)"
	}
	return " (clocks within ±" + result.Duration(float64(widest.Bound)) + ")"
}

// clocks describes the offset between the clocks of client and server.
func clocks(cells []*result.Cell) string {
	var bound time.Duration
	var unknown []string
	for _, c := range cells {
		if a := c.Arrivals(); a != nil && a.Bound >= 0 {
			bound = max(bound, a.Bound)
		} else {
			unknown = append(unknown, c.Config.Protocol)
		}
	}
	unknown = result.Unique(unknown)
	text := "same clock"
	switch {
	case len(unknown) > 0 && bound == 0:
		return "clock offset unknown"
	case bound > 0:
		text = "clocks within ±" + result.Duration(float64(bound))
	}
	if len(unknown) > 0 {
		text += ", unknown for " + strings.Join(unknown, ", ")
	}
	return text
}

// results returns the cells as the result has them.
func (g *Group) results() []*result.Cell {
	cells := make([]*result.Cell, len(g.Cells))
	for i, c := range g.Cells {
		cells[i] = c.Cell
	}
	return cells
}
