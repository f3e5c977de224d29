package scenarios_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"rtbench/scenarios"
)

// Protocols that multiplex have a cell per topology, the others one.
func TestTopology(t *testing.T) {
	s, err := scenarios.Parse("x.yaml", []byte("{name: x, pattern: echo, protocols: [websocket, grpc], load: {rate: 1k/s, connections: 64, topology: [each, one]}}"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range s.Cells() {
		got = append(got, fmt.Sprintf("%s %s %d×%d", c.Protocol, c.Topology, c.Connections, c.Streams))
	}
	if want := []string{"websocket each 64×1", "grpc each 64×1", "grpc one 1×64"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Each core has a connection with the same number of streams, and a topology that is another one on this
// machine has no cell.
func TestTopologyPerCore(t *testing.T) {
	for _, streams := range []int{1, 2, 7, 64, 96} {
		text := fmt.Sprintf("{name: x, pattern: echo, protocols: grpc, load: {rate: 1k/s, connections: %d, topology: [each, one, core]}}", streams)
		s, err := scenarios.Parse("x.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[int]bool{}
		for _, c := range s.Cells() {
			if c.Connections*c.Streams != streams || seen[c.Connections] || c.Topology == "core" && c.Connections > runtime.NumCPU() {
				t.Errorf("%d streams: %+v", streams, c)
			}
			seen[c.Connections] = true
		}
	}
}

func TestTopologyOrStreams(t *testing.T) {
	_, err := scenarios.Parse("x.yaml", []byte("{name: x, pattern: echo, protocols: grpc, load: {rate: 1k/s, connections: 4, streams: 2, topology: one}}"))
	if err == nil || !strings.Contains(err.Error(), "load.topology with load.streams") {
		t.Errorf("%v", err)
	}
}
