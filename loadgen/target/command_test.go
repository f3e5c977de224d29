package target

import (
	"slices"
	"testing"

	"rtbench/proto"
	"rtbench/scenarios"
)

// A server started for a cell allows as many streams as the cell has.
func TestServerCommandRaisesStreamLimit(t *testing.T) {
	for _, c := range []struct {
		protocol, api        string
		connections, streams int
		want                 []string
	}{
		{"grpc", "reference", 2, proto.DefaultStreams / 2, nil},
		{"grpc", "reference", 1, proto.DefaultStreams + 1, []string{"--max-streams", "20001"}},
		{"sse-h2", "reference", 3, proto.DefaultStreams, []string{"--max-streams", "60000"}},
		{"websocket", "reference", proto.DefaultStreams + 1, 1, nil},
		{"websocket", "guide", proto.DefaultStreams + 1, 1, []string{"--token-for", tokenUser, "--max-clients", "20001"}},
	} {
		spec := Spec{Command: []string{"rtbench"}, Scenario: &scenarios.Scenario{}, Cell: scenarios.Cell{
			Protocol: c.protocol, API: c.api, Pattern: "echo", Connections: c.connections, Streams: c.streams,
		}}
		if got := spec.command()[1:]; !slices.Equal(got, c.want) {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}
