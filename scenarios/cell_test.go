package scenarios_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rtbench/scenarios"
)

func parse(t *testing.T, text string) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCellsOrder(t *testing.T) {
	s := parse(t, `
name: order
protocols: [tcp, grpc]
pattern: [echo, push]
load: {rate: [500/s, 1M/s], connections: 4}
payload: {size: [128, 1KiB]}
tls: true
`)
	var ids []string
	for _, c := range s.Cells() {
		ids = append(ids, c.ID())
	}
	want := []string{
		"echo/tcp/rate=500/size=128", "echo/grpc/rate=500/size=128",
		"echo/tcp/rate=500/size=1024", "echo/grpc/rate=500/size=1024",
		"echo/tcp/rate=1000000/size=128", "echo/grpc/rate=1000000/size=128",
		"echo/tcp/rate=1000000/size=1024", "echo/grpc/rate=1000000/size=1024",
		"push/tcp/rate=500/size=128", "push/grpc/rate=500/size=128",
		"push/tcp/rate=500/size=1024", "push/grpc/rate=500/size=1024",
		"push/tcp/rate=1000000/size=128", "push/grpc/rate=1000000/size=128",
		"push/tcp/rate=1000000/size=1024", "push/grpc/rate=1000000/size=1024",
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCellsIDWithoutAxes(t *testing.T) {
	cells := parse(t, "{name: a, protocols: tcp, pattern: echo, load: {rate: 1k/s}}").Cells()
	if len(cells) != 1 || cells[0].ID() != "echo/tcp" || cells[0].Axes != "" {
		t.Errorf("got %+v", cells)
	}
}

func TestCellHasEveryField(t *testing.T) {
	s := parse(t, `
name: whole
target: http://127.0.0.1:9000
protocols: grpc
pattern: push
load:
  arrivals: poisson
  rate: 2k/s
  connections: 3
  streams: 5
  stages: [{over: 4s, to: 3k/s}]
  seed: 9
payload: {size: 64, encoding: text}
phases: {connect: 1s, warmup: 2s, drain: 3s}
tls: true
`)
	got, err := json.Marshal(s.Cells()[0])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"scenario":"whole","protocol":"grpc","pattern":"push","model":"open","arrivals":"poisson",` +
		`"rate":2000,"connections":3,"streams":5,"stages":[{"over_ns":4000000000,"to":3000}],"seed":9,"size":64,"encoding":"text",` +
		`"tls":true,"stack":"stock","target":"http://127.0.0.1:9000","connect_ns":1000000000,"warmup_ns":2000000000,"steady_ns":4000000000,"drain_ns":3000000000}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestClosedLoopCellHasNoRate(t *testing.T) {
	cells := parse(t, "{name: a, protocols: tcp, pattern: echo, load: {model: closed, think: [0s, 5ms]}}").Cells()
	if len(cells) != 2 || cells[1].ID() != "echo/tcp/think=5ms" || cells[1].Think.Mean() != 5*time.Millisecond {
		t.Fatalf("got %+v", cells)
	}
	if cells[0].Rate != 0 || cells[0].Arrivals != "" {
		t.Errorf("a closed loop has a plan: %+v", cells[0])
	}
}

func TestShorten(t *testing.T) {
	s := parse(t, "{name: a, pattern: echo, load: {rate: 1k/s}, repetitions: 5}")
	s.Shorten()
	if s.Repetitions != 1 || s.Steady != 500*time.Millisecond || s.Warmup != 100*time.Millisecond || s.Profile.Duration != time.Second {
		t.Errorf("got %d repetitions, %+v", s.Repetitions, []time.Duration{s.Warmup, s.Steady, s.Drain, s.Profile.Duration})
	}
}
