package guide

import (
	"time"

	"rtbench/scenarios"
)

// A suite is a named list of scenarios that are measured in one run.
type suite struct {
	name string
	open func() ([]*scenarios.Scenario, error)
}

var suites = []suite{
	{"equal-load", builtin("equal-load")},
	{"equal-load-fanout", builtin("equal-load-fanout")},
	{"capacity", builtin("capacity")},
	{"use-cases", useCases},
}

func builtin(name string) func() ([]*scenarios.Scenario, error) {
	return func() ([]*scenarios.Scenario, error) {
		s, err := scenarios.Open(name)
		return []*scenarios.Scenario{s}, err
	}
}

// useCases returns the scenarios of the guide's use cases, each over every protocol.
func useCases() ([]*scenarios.Scenario, error) {
	var list []*scenarios.Scenario
	for _, name := range []string{"chat", "collaboration", "game", "ticker", "notifications", "microservice-pipeline", "bulk-upload"} {
		s, err := scenarios.Open(name)
		if err != nil {
			return nil, err
		}
		var encodings []string
		if name == "microservice-pipeline" {
			encodings = []string{"text", "native"}
		}
		s.Neutral([]string{"websocket", "sse", "grpc"}, encodings...)
		s.Repetitions = 7
		s.Connect, s.Warmup, s.Steady, s.Drain = 0, 60*time.Millisecond, 400*time.Millisecond, 500*time.Millisecond
		list = append(list, s)
	}
	return list, nil
}
