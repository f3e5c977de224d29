//go:build linux

package loadgen

import (
	"context"
	"testing"

	"rtbench/report/result"
	"rtbench/scenarios"
)

// A step whose objective cannot be met any more ends, here after milliseconds of an hour. A continued
// search adds to the cells that it has.
func TestSearchEndsHopelessSteps(t *testing.T) {
	t.Parallel()
	s, err := scenarios.Parse("x.yaml", []byte("{name: x, pattern: echo, protocols: [tcp, websocket], load: {rate: 500/s, connections: 2}, phases: {warmup: 0s, steady: 1h}, thresholds: [max < 100ms && failed_rate < 1%]}"))
	if err != nil {
		t.Fatal(err)
	}
	rate, err := s.Varies("load.rate")
	if err != nil {
		t.Fatal(err)
	}
	opts := Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "delay=300ms")}
	steps := func(list ...Trial) func([]*result.Result) (Trial, bool) {
		return func([]*result.Result) (Trial, bool) {
			if len(list) == 0 {
				return Trial{}, false
			}
			first := list[0]
			list = list[1:]
			return first, true
		}
	}
	low, high := s.At(rate, 200), s.At(rate, 300)
	plan := &result.Search{Axis: rate.Path}
	sides := []Side{{Server: opts.Server}}
	all, err := Search(context.Background(), opts, sides, nil, plan, 4, steps(Trial{0, high, 1}, Trial{0, low, 0}, Trial{0, high, 1}))
	if err != nil {
		t.Fatal(err)
	}
	if all, err = Search(context.Background(), opts, sides, all, plan, 4, steps(Trial{0, low, 0})); err != nil {
		t.Fatal(err)
	}
	res := all[0]
	if len(res.Cells) != 2 || res.Cells[0].ID != "x/echo/websocket/rate=300" || res.Cells[1].ID != "x/echo/tcp/rate=200" || res.Search != plan {
		t.Fatalf("%d cells: %s, %s", len(res.Cells), res.Cells[0].ID, res.Cells[1].ID)
	}
	orders := map[int]bool{}
	for c, r := range res.Repetitions() {
		orders[r.Order] = true
		if r.Aborted != "max < 100ms && failed_rate < 1%" || r.Error != "" {
			t.Errorf("%s: ended by %q, error %q", c.ID, r.Aborted, r.Error)
		}
	}
	if len(orders) != 4 || res.Cells[0].Repetitions[1].Index != 1 {
		t.Errorf("orders %v", orders)
	}
}
