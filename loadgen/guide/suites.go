package guide

import (
	"time"

	"rtbench/proto"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

// A suite is a named list of scenarios that are measured in one run.
type suite struct {
	name string
	// open returns the scenarios; whole selects all of the grid.
	open func(whole bool) ([]*scenarios.Scenario, error)
}

var suites = []suite{
	{"equal-load", builtin("equal-load")},
	{"equal-load-fanout", builtin("equal-load-fanout")},
	{"capacity", builtin("capacity")},
	{"use-cases", useCases},
}

// builtin returns a built-in scenario, whose profile release is the whole grid.
func builtin(name string) func(bool) ([]*scenarios.Scenario, error) {
	return func(whole bool) ([]*scenarios.Scenario, error) {
		var o scenarios.Options
		if whole {
			o.Profile = "release"
		}
		s, err := scenarios.OpenWith(name, o)
		if err == nil && !whole {
			libraries(s)
		}
		return []*scenarios.Scenario{s}, err
	}
}

// defaultStack returns the stack that a run measures by default: of the protocol's stock stacks the one
// that cost least in such cells. fasthttp is ahead of net/http except where it flushes event by event.
func defaultStack(c scenarios.Cell) string {
	switch pattern := proto.Pattern(c.Pattern); {
	case c.Protocol == "websocket":
		return proto.Gorilla
	case c.Protocol == "sse" && c.Model == cell.Open && (pattern == proto.Push || pattern == proto.Fanout):
		return proto.NetHTTP
	}
	return proto.Stock
}

// libraries restricts a scenario to one stack for each protocol.
func libraries(s *scenarios.Scenario) {
	s.SetAxes(map[string][]string{"stack": {proto.Stock, proto.Gorilla, proto.NetHTTP}})
	s.Only(func(c scenarios.Cell) bool { return c.Stack == defaultStack(c) })
}

// useCaseScenarios lists the scenarios of the guide's use cases with their steady phase, which gives slow
// ones enough messages, and their axes. Between services streams can share a connection; users have a
// connection each.
var useCaseScenarios = []struct {
	name        string
	steady      time.Duration
	axes, whole map[string][]string
}{
	{"chat", 600 * time.Millisecond, nil, nil},
	{"collaboration", 300 * time.Millisecond, nil, nil},
	{"game", 250 * time.Millisecond, nil, nil},
	{"ticker", 250 * time.Millisecond, nil, nil},
	{"notifications", 400 * time.Millisecond, nil, nil},
	{"progress", 400 * time.Millisecond, nil, nil},
	{
		"microservice-pipeline", 250 * time.Millisecond,
		map[string][]string{"payload.encoding": {"text", "native"}, "load.topology": {"each", "one"}},
		map[string][]string{"payload.encoding": {"text", "native"}, "load.topology": {"each", "one", "core"}},
	},
	{
		"bulk-upload", 250 * time.Millisecond,
		map[string][]string{"load.topology": {"each", "one"}},
		map[string][]string{"load.topology": {"each", "one", "core"}},
	},
}

// useCases returns the scenarios of the guide's use cases, each over every protocol.
func useCases(whole bool) ([]*scenarios.Scenario, error) {
	var list []*scenarios.Scenario
	for _, u := range useCaseScenarios {
		s, err := scenarios.Open(u.name)
		if err != nil {
			return nil, err
		}
		s.Repetitions = 9
		s.Connect, s.Warmup, s.Steady, s.Drain = 0, 50*time.Millisecond, u.steady, 250*time.Millisecond
		if whole {
			s.Neutral([]string{"websocket", "sse", "sse-h2", "grpc"}, u.whole)
			s.SetAxes(map[string][]string{"stack": proto.StackNames()})
			s.Steady = 10 * u.steady
		} else {
			s.Neutral([]string{"websocket", "sse", "grpc"}, u.axes)
			libraries(s)
		}
		list = append(list, s)
	}
	return list, nil
}
