package session

import (
	"context"
	"net"

	"rtbench/loadgen/script"
	"rtbench/loadgen/target"
	"rtbench/proto"
	"rtbench/proto/pace"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

// A Config describes a group of sessions.
type Config struct {
	Scenario *scenarios.Scenario
	Cell     scenarios.Cell
	ID       string         // names the group's topic
	Server   *target.Server // a reference server or one with the guide's API
	Custom   *target.Custom // compiled; nil for other targets
	Policy   Policy
	// Share is the part of the cell that the group runs; the zero value is the whole cell.
	Share cell.Share
	// StartAt is the plan's origin, in nanoseconds of clock.Now, if other generators run the other
	// shares. If it is 0, Open chooses the origin.
	StartAt int64
	// ConnectAt is when planned connecting begins, if other generators run the other shares.
	ConnectAt int64
	// Topics names the topics of the run if other generators use them too; empty: only this one does.
	Topics string
	// Clocks numbers the clocks of the generators by their shares: those with the same number have the
	// same clock and the same StartAt by it. nil: all have. ClockShift is what this one's clock lacks to the
	// time in headers that other generators read.
	Clocks     []int
	ClockShift int64
	// Ahead is the server's clock minus clock.Now: its wall clock for a guide's event stream. It is 0 if the
	// server shares this machine's clock. It may be set until Open.
	Ahead int64
	// First is the number of the group's first stream among the All streams of the groups that run
	// together. Numbers are in headers and templates.
	First, All int
	// Joiners is this group's place among those whose users come and go, for the numbers of users.
	Joiners cell.Share
	// Turns are those in which the group alternates with others; the zero value is none.
	Turns pace.Turns
	// Dial opens the connections.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Impatient shortens the time to connect to a custom target that recently accepted no stream.
	Impatient bool
	// OnEdge is called at the beginning and at the end of the steady phase of a closed loop, in that
	// order, by a goroutine that handles messages. It may be nil.
	OnEdge func(end bool)
	// OnPacing receives the pacers before sending starts. It may be nil.
	OnPacing func([]*pace.Metronome)
}

// Streams returns the number of the group's streams on all of its connections.
func (c *Config) Streams() int { return c.Share.Connections(&c.Cell) * c.Cell.Streams }

// stream returns the number in the cell of the group's nth stream.
func (c *Config) stream(n int) int { return c.Share.Stream(&c.Cell, n) }

// Open reports whether messages are due by a plan.
func (c *Config) Open() bool { return c.Cell.Model == "open" }

func (c *Config) custom() bool { return c.Cell.API == "custom" }

func (c *Config) guide() bool { return c.Cell.API == "guide" }

func (c *Config) pattern() proto.Pattern { return proto.Pattern(c.Cell.Pattern) }

// opening returns the opening steps.
func (c *Config) opening() []script.Step {
	if c.Custom == nil {
		return nil
	}
	return c.Custom.Script.Opening
}

// text reports whether messages have the text encoding.
func (c *Config) text() bool { return c.Cell.Encoding != "binary" || c.scripted() }

// scripted reports whether the scenario defines messages. A message of minimum length then stands
// for each.
func (c *Config) scripted() bool { return c.custom() && len(c.Scenario.Custom.Messages) > 0 }

// number returns the number of a share's stream among those of all groups.
func (c *Config) number(share int) int { return c.First + share }

// room returns the room of a share's stream.
func (c *Config) room(share int) int { return share % c.rooms() }

func (c *Config) rooms() int { return max(1, c.Cell.Rooms) }

// announces reports whether one stream of the cell sends to all, which several generators have.
func (c *Config) announces() bool { return c.Share.Of > 1 && trafficOf(c).senders == firstSends }

// sendersIn returns the streams that send in a room, of all shares.
func (c *Config) sendersIn(room int) script.Senders {
	if c.announces() {
		return script.Senders{First: c.First, Next: c.First + 1, Step: 1}
	}
	return script.Senders{First: c.First + room, Next: c.First + c.Cell.Connections*c.Cell.Streams, Step: c.rooms()}
}

// sharesClock reports whether the times that a stream of the cell sends are exact here: its generator is this
// one, or has its clock, and neither has read the server's.
func (c *Config) sharesClock(stream int) bool {
	from := c.Share.Holder(&c.Cell, stream)
	return from == c.Share.Index || c.Ahead == 0 && (c.Clocks == nil || c.Clocks[from] == c.Clocks[c.Share.Index])
}

// headerShift returns what this clock lacks to the time in headers: the server's, if it sends or measures the
// messages, or that which other generators read.
func (c *Config) headerShift() int64 {
	if c.Cell.AcrossClocks() {
		return c.Ahead
	}
	return c.ClockShift
}

func (c *Config) newMessage() *proto.Message {
	if c.scripted() {
		return proto.NewMessage(0, true)
	}
	return proto.NewMessage(c.Cell.Size, c.text())
}

// matchesByOrder reports whether replies are matched by their order.
func (c *Config) matchesByOrder() bool { return c.custom() && c.Scenario.Custom.Match.By == "order" }
