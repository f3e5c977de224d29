package loadgen

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/scenarios"
)

// Agents end the connections that one generator would end. Every planned message is received or missed, and an event
// is one storm of all agents.
func TestAgentsShareDisconnects(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, c := range []struct {
		protocol, pattern string
		planned           uint64
	}{{"tcp", "echo", 200}, {"websocket", "fanout", 1200}, {"sse", "push", 200}} {
		t.Run(c.protocol+"/"+c.pattern, func(t *testing.T) {
			t.Parallel()
			s := parse(t, fmt.Sprintf(`{name: x, protocols: %s, pattern: %s, load: {rate: 100/s, connections: 6}, phases: {warmup: 100ms, steady: 2s, drain: 10s},
				events: [{at: 200ms, disconnect: 50%%}, {at: 900ms, disconnect: 100%%, how: reset}], reconnect: {policy: full-jitter, base: 100ms, cap: 200ms}}`, c.protocol, c.pattern))
			res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, ""), Fleet: crowd{0, 0, 0}})
			if err != nil {
				t.Fatal(err)
			}
			rep := res.Cells[0].Repetitions[0]
			checkDisconnects(t, rep, 3, 6)
			n := rep.Counters
			if n.Planned != c.planned || n.Recorded+n.Failed != n.Planned || n.Failed != rep.Missed.Count() || n.Recorded == 0 || n.Duplicates+n.OutOfOrder+n.Corrupt+n.ErrorCount() != n.Failed {
				t.Errorf("missed %+v of %+v", rep.Missed, n)
			}
			if reasons := strings.Join(rep.Validity.Reasons(), "\n"); strings.Contains(reasons, "broke") || strings.Contains(reasons, "reopened") {
				t.Error(reasons)
			}
			for _, of := range rep.Storms {
				if of.End < of.At {
					t.Errorf("the event at %v ends at %v", of.At, of.End)
				}
			}
		})
	}
}

// Messages that listeners miss because an event cut them, or senders on other agents, are counted for the whole room.
func TestAgentsShareWhatRoomsMiss(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	s := parse(t, `{name: x, protocols: websocket, phases: {warmup: 0s, steady: 1500ms, drain: 5s}, reconnect: {policy: fixed, base: 100ms, cap: 100ms},
		events: [{at: 300ms, disconnect: 100%, group: phones}, {at: 900ms, disconnect: 50%, group: speakers}], groups: {
		speakers: {pattern: echo, load: {rate: 200/s, connections: 4}},
		desks: {deliver: {from: speakers}, load: {connections: 3}},
		phones: {deliver: {from: speakers}, load: {connections: 3}}}}`)
	res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, ""), Fleet: crowd{0, 0}})
	if err != nil {
		t.Fatal(err)
	}
	speakers, desks, phones := res.Cells[0].Repetitions[0], res.Cells[1].Repetitions[0], res.Cells[2].Repetitions[0]
	checkDisconnects(t, speakers, 0, 2)
	checkDisconnects(t, desks, 0, 0)
	checkDisconnects(t, phones, 3, 0)
	unsent := speakers.Counters.NotSent
	for name, rep := range map[string]*struct {
		missed, recorded, failed, notSent, duplicates uint64
	}{
		"desks":  {desks.Missed.Count(), desks.Counters.Recorded, desks.Counters.Failed, desks.Counters.NotSent, desks.Counters.Duplicates},
		"phones": {phones.Missed.Count(), phones.Counters.Recorded, phones.Counters.Failed, phones.Counters.NotSent, phones.Counters.Duplicates},
	} {
		if rep.recorded+rep.failed != 900 || rep.notSent != 3*unsent || unsent == 0 || rep.missed != rep.failed || rep.duplicates != 0 {
			t.Errorf("%s: %+v, and %d were not sent", name, *rep, unsent)
		}
	}
	if phones.Counters.Lost == 0 || desks.Storms[0].End < phones.Storms[0].At+100*time.Millisecond { // until the phones are back
		t.Errorf("phones lost %d; for the desks the event ends after %v", phones.Counters.Lost, desks.Storms[0].End)
	}
}
