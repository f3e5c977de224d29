package loadgen

import (
	"fmt"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/proto"
	"rtbench/scenarios"
)

// An emulated network changes no count, and no time is shorter than it allows.
func TestEmulatedNetwork(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	const delay = 3 * time.Millisecond
	for _, stack := range []string{proto.Stock, proto.Lean} {
		for pattern, trips := range map[string]time.Duration{"echo": 2, "push": 1, "upload": 0, "fanout": 1} {
			t.Run(stack+"/"+pattern, func(t *testing.T) {
				t.Parallel()
				s := parse(t, fmt.Sprintf(`{name: x, pattern: %s, stack: %s, load: {rate: 100/s, connections: 4}, phases: {warmup: 0s, steady: 300ms, drain: 20s},
					network: {delay: %v, jitter: 1ms, stalls: 2%%, stall: 10ms}}`, pattern, stack, delay))
				res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "")})
				if err != nil {
					t.Fatal(err)
				}
				for c, r := range res.Repetitions() {
					n := r.Counters
					if r.Error != "" || n.Due == 0 || n.Lost+n.Duplicates+n.OutOfOrder+n.Corrupt+n.Failed != 0 || n.Recorded != n.Due {
						t.Errorf("%s: %s %+v", c.ID, r.Error, n)
					}
					if least := time.Duration(r.Service.HDR().Min()); least < trips*delay {
						t.Errorf("%s: a time of %v with %v each way", c.ID, least, delay)
					}
					if r.Network == nil || r.Network.Connections < 4 || r.Network.Bytes < int64(n.Recorded)*128 || r.Network.Late.Count() == 0 {
						t.Errorf("%s: network %+v", c.ID, r.Network)
					}
				}
			})
		}
	}
}

// A connection's rate bounds its throughput.
func TestEmulatedRate(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	s := parse(t, `{name: x, protocols: [tcp, websocket], pattern: upload, stack: lean, load: {model: closed}, payload: {size: 4KiB}, phases: {warmup: 0s, steady: 500ms, drain: 60s}, network: {bandwidth: 200KB/s}}`)
	res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "")})
	if err != nil {
		t.Fatal(err)
	}
	for c, r := range res.Repetitions() {
		all := float64(r.Network.Bytes)
		took := (r.Phases.Connect + r.Phases.Steady + r.Phases.Drain).Seconds()
		if r.Error != "" || all == 0 || all/took > 2*200_000*1.1 { // both directions
			t.Errorf("%s: %s %.0f bytes in %.1f s", c.ID, r.Error, all, took)
		}
	}
}

// A server that refuses connections is named as without a network, and a reset connection as reset.
func TestEmulatedNetworkKeepsErrors(t *testing.T) {
	t.Parallel()
	s := parse(t, `{name: x, api: custom, target: {websocket: "ws://127.0.0.1:1/"}, pattern: echo, load: {rate: 100/s}, phases: {connect: 200ms, warmup: 0s, steady: 100ms, drain: 0s}, network: {delay: 1ms}}`)
	res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}})
	if err != nil {
		t.Fatal(err)
	}
	if n := res.Cells[0].Repetitions[0].AllPhases(); n.Refused["connection refused"] == 0 {
		t.Errorf("%+v", n)
	}
}
