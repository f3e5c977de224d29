package loadgen

import (
	"context"
	"strings"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/server"
)

func TestInterleaveOrder(t *testing.T) {
	s := parse(t, "name: x\nprotocols: [tcp, grpc]\npattern: echo\nload: {rate: 1/s}\n")
	results := []*result.Result{{}, {}}
	cells, err := addCells(results, s, []Side{{Server: []string{"A"}}, {Target: "B:1"}})
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for pair := range 2 {
		for _, j := range ordered(cells, pair) {
			who := j.scenario.Target[:min(1, len(j.scenario.Target))]
			if len(j.side.Server) > 0 {
				who = j.side.Server[0]
			}
			order = append(order, j.cell.Protocol[:1]+who)
		}
	}
	if got := strings.Join(order, " "); got != "tA tB gA gB gB gA tB tA" {
		t.Errorf("order %s", got)
	}
	if s.Target != "" || results[1].Cells[0].Config.Target != "B:1" || results[0].Cells[0].ID != results[1].Cells[0].ID {
		t.Errorf("cells %+v and %+v", results[0].Cells[0], results[1].Cells[0])
	}
}

func TestInterleaveStopsWhenDone(t *testing.T) {
	t.Parallel()
	s := parse(t, "{name: x, protocols: tcp, pattern: echo, load: {rate: 1k/s}, phases: {warmup: 20ms, steady: 100ms, drain: 5s}}")
	opts := Options{Scenarios: []*scenarios.Scenario{s}}
	one, other := Side{Server: withFault(t, "")}, Side{Server: withFault(t, "delay=15ms")}
	base, head, err := Interleave(context.Background(), opts, []Place{{one, other}}, 9, func(b, h *result.Result) bool {
		return len(b.Cells[0].Repetitions) == 2 && len(h.Cells[0].Repetitions) == 2
	})
	if err != nil {
		t.Fatal(err)
	}
	var order []int
	for i := range 2 {
		b, h := base.Cells[0].Repetitions[i], head.Cells[0].Repetitions[i]
		if b.Error+h.Error != "" || b.Index != i || h.Index != i {
			t.Fatalf("pair %d: %q %q, indices %d and %d", i, b.Error, h.Error, b.Index, h.Index)
		}
		if h.Response.Quantile(50) < 15_000_000 {
			t.Errorf("pair %d: the side with a delay of 15 ms answers in %v", i, h.Response.Quantile(50))
		}
		order = append(order, b.Order, h.Order)
	}
	if want := [4]int{0, 1, 3, 2}; [4]int(order) != want {
		t.Errorf("order %v, want %v", order, want)
	}
}

func TestSideCheckErrors(t *testing.T) {
	for _, c := range []struct {
		side Side
		want string
	}{
		{Side{Server: []string{"/nowhere/server"}}, "starting the reference server"},
		{Side{Server: []string{"/usr/bin/env", "true"}}, "did not start"},
		{Side{Target: "127.0.0.1:1"}, "no reference server answers at 127.0.0.1:1"},
	} {
		if err := c.side.Check(context.Background(), nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.side, err, c.want)
		}
	}
	if err := (Side{Server: withFault(t, "")}).Check(context.Background(), nil); err != nil {
		t.Error(err)
	}
}

// Base and head swap their machines after each pair, with and without agents.
func TestInterleaveSwapsMachines(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	const delay = 20 * time.Millisecond
	var machines []Side
	for _, fault := range []string{"delay=20ms", ""} {
		s, err := server.Start(server.Config{Fault: fault})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		machines = append(machines, Side{Target: s.Info().Control})
	}
	slow, other := machines[0], machines[1]
	s := parse(t, "{name: x, protocols: tcp, pattern: echo, load: {rate: 200/s, connections: 2}, phases: {warmup: 20ms, steady: 100ms, drain: 60s}}")
	for name, fleet := range map[string]Fleet{"alone": nil, "agents": crowd{0, 0}} {
		opts := Options{Scenarios: []*scenarios.Scenario{s}, Fleet: fleet}
		base, head, err := Interleave(context.Background(), opts, []Place{{slow, other}, {other, slow}}, 4, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			b, h := base.Cells[0].Repetitions[i], head.Cells[0].Repetitions[i]
			if i%2 == 1 {
				b, h = h, b
			}
			if b.Error+h.Error != "" || b.Target != slow.Target || h.Target != other.Target || b.Response.Quantile(50) < delay || b.Counters.Recorded != 20 {
				t.Errorf("%s, pair %d: %q on %s takes %v, %q on %s takes %v", name, i, b.Error, b.Target, b.Response.Quantile(50), h.Error, h.Target, h.Response.Quantile(50))
			}
			if (len(b.Agents) == 2) != (fleet != nil) {
				t.Errorf("%s: %d agents", name, len(b.Agents))
			}
		}
		if len(base.Cells) != 1 || len(head.Cells) != 1 {
			t.Errorf("%d and %d cells", len(base.Cells), len(head.Cells))
		}
	}
}
