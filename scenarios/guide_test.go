package scenarios_test

import (
	"testing"

	"rtbench/proto"
	"rtbench/scenarios"
)

// The neutral workload runs over protocols that lack the pattern in the guide's API.
func TestNeutral(t *testing.T) {
	s, err := scenarios.Open("microservice-pipeline")
	if err != nil {
		t.Fatal(err)
	}
	s.Neutral([]string{"websocket", "grpc"}, map[string][]string{"payload.encoding": {"text", "native"}, "load.topology": {"each", "one"}})
	cells := s.Cells()
	if len(cells) != 6 {
		t.Fatalf("%d cells", len(cells))
	}
	for _, c := range cells {
		if c.API != "" || c.Path != "" || c.Connections*c.Streams != 16 || (c.Streams == 1) != (c.Topology == "each") {
			t.Errorf("%+v", c)
		}
	}
	s, err = scenarios.Open("notifications")
	if err != nil {
		t.Fatal(err)
	}
	s.Neutral([]string{"grpc"}, nil)
	if c := s.Cells()[0]; c.Size != proto.TextHeaderSize || c.Encoding != "text" || c.Path != "" {
		t.Errorf("%+v", c)
	}
}

// If the server sets the pace, a shortened run still has an event per stream.
func TestShortenKeepsAnEvent(t *testing.T) {
	s, err := scenarios.Open("notifications")
	if err != nil {
		t.Fatal(err)
	}
	s.Shorten()
	if got := s.Steady.Seconds(); got != 1 {
		t.Errorf("%v s, want the interval of the events", got)
	}
}

func TestGuideDefaults(t *testing.T) {
	s, err := scenarios.Parse("x.yaml", []byte("{name: x, api: guide, pattern: push, load: {rate: 10/s}}"))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Protocols) != 2 || s.Protocols[0] != "sse" || s.Encoding != "text" {
		t.Errorf("%+v", s)
	}
}
