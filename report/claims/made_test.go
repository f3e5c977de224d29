package claims

import (
	"testing"
	"time"

	"rtbench/proto/record"
	"rtbench/report/result"
)

// made returns a cell of an open loop with 16 streams. Its repetitions have the given times, in
// microseconds, and as many nanoseconds of CPU time per message at each end.
func made(t testing.TB, protocol string, times ...int) *result.Cell {
	t.Helper()
	c := untimed(protocol, times...)
	for i, us := range times {
		h := record.NewHistogram()
		if err := h.RecordValues(int64(us)*1000, 1000); err != nil {
			t.Fatal(err)
		}
		c.Repetitions[i].Response = result.Wrap(h)
	}
	return c
}

// untimed returns a cell as made does, without response times.
func untimed(protocol string, times ...int) *result.Cell {
	c := &result.Cell{ID: "made-up/echo/" + protocol, Config: result.Config{
		Scenario: "made-up", Pattern: "echo", Protocol: protocol, Model: "open", Encoding: "text", Connections: 16, Streams: 1,
	}}
	for i, us := range times {
		cpu := result.Resources{Known: true, CPU: time.Duration(us * 1000)}
		c.Repetitions = append(c.Repetitions, &result.Repetition{
			Index:    i,
			Counters: result.Counters{Recorded: 1000}, Phases: result.Phases{Steady: time.Second},
			Server: cpu, Client: cpu,
		})
	}
	return c
}

// at changes the configuration of a cell.
func at(c *result.Cell, change func(*result.Config)) *result.Cell {
	change(&c.Config)
	return c
}

// shared puts the streams of a cell on that many connections.
func shared(connections int, c *result.Cell) *result.Cell {
	return at(c, func(c *result.Config) { c.Connections, c.Streams = connections, 16/connections })
}

// closed makes a cell one at capacity: its rate is the inverse of its CPU time per message.
func closed(c *result.Cell) *result.Cell {
	c.Config.Model = "closed"
	for _, r := range c.Repetitions {
		perMessage := r.Server.CPU.Nanoseconds() / 1000
		r.Counters.Recorded = uint64(1e9 / perMessage)
		r.Server.CPU = time.Duration(r.Counters.Recorded) * time.Duration(perMessage)
	}
	return c
}

// six returns six times around us.
func six(us int) []int { return []int{us - 3, us - 2, us - 1, us + 1, us + 2, us + 3} }
