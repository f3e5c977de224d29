package loadgen

import (
	"testing"

	"rtbench/internal/testrun"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// Groups of different traffic run together. Each has a cell with its counts, and the resources are
// those of both.
func TestGroupsRunTogether(t *testing.T) {
	t.Parallel()
	s := parse(t, `{name: x, protocols: tcp, phases: {warmup: 0s, steady: 300ms, drain: 10s}, thresholds: [lost == 0], groups: {
		speakers: {pattern: echo, load: {rate: 200/s, connections: 2}},
		listeners: {pattern: push, load: {rate: 400/s, connections: 3}, thresholds: [duplicates == 0]}}}`)
	res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "")})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Cells) != 2 || res.Cells[0].ID != "x/echo/tcp/group=speakers" || res.Cells[1].ID != "x/push/tcp/group=listeners" {
		t.Fatalf("cells %v", res.Cells)
	}
	spoken, heard := res.Cells[0].Repetitions[0], res.Cells[1].Repetitions[0]
	if n := spoken.Counters; spoken.Error != "" || n.Planned != 60 || n.Recorded != 60 || n.Sent != 60 {
		t.Errorf("%s%+v", spoken.Error, n)
	}
	if n := heard.Counters; n.Planned != 120 || n.Recorded != 120 || n.Sent != 0 {
		t.Errorf("the second group counted %+v", n)
	}
	if together := (result.Together{Streams: 5, Recorded: 180}); *spoken.Together != together || *heard.Together != together {
		t.Errorf("together %+v, %+v", spoken.Together, heard.Together)
	}
	if spoken.Server.CPU != heard.Server.CPU || spoken.Wire != heard.Wire || spoken.Order != heard.Order {
		t.Error("the groups do not share their resources and their place in the run")
	}
	if spoken.Thresholds[0].Text != "lost == 0" || heard.Thresholds[0].Text != "duplicates == 0" {
		t.Errorf("thresholds %v, %v", spoken.Thresholds, heard.Thresholds)
	}
}

// Each message of a speaker is due to the listeners of its room, once. The faulty server loses every
// tenth message of each stream.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, protocol := range []string{"tcp", "websocket", "sse", "sse-h2", "grpc"} {
		for fault, lost := range map[string]uint64{"": 0, "lose=10": 4 * 6} {
			t.Run(protocol+"/"+fault, func(t *testing.T) {
				t.Parallel()
				s := parse(t, `{name: x, protocols: `+protocol+`, stack: lean, rooms: 2, phases: {warmup: 0s, steady: 300ms, drain: 10s}, groups: {
					listeners: {deliver: {from: speakers}, load: {connections: 4}},
					speakers: {pattern: echo, load: {rate: 400/s, connections: 4}}}}`)
				res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, fault)})
				if err != nil {
					t.Fatal(err)
				}
				heard, spoken := res.Cells[0].Repetitions[0].Counters, res.Cells[1].Repetitions[0].Counters
				if spoken.Sent != 120 || heard.Published != 120 || heard.Due != 240 || heard.Sent != 240 {
					t.Errorf("spoken %+v\nheard %+v", spoken, heard)
				}
				if heard.Lost != lost || heard.Recorded != 240-lost || heard.Duplicates+heard.OutOfOrder+heard.Corrupt != 0 {
					t.Errorf("want %d lost: %+v", lost, heard)
				}
			})
		}
	}
}
