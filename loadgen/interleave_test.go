package loadgen

import (
	"context"
	"strings"
	"testing"

	"rtbench/report/result"
	"rtbench/scenarios"
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
	base, head, err := Interleave(context.Background(), opts, one, other, 9, func(b, h *result.Result) bool {
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
