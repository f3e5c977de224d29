package loadgen

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rtbench/report/result"
	"rtbench/scenarios"
)

func TestBlocks(t *testing.T) {
	for text, want := range map[string]string{
		"protocols: [tcp, websocket], pattern: echo, load: {rate: 1k/s}":                                                       "2",
		"protocols: [tcp, websocket, grpc], stack: [lean, stock], pattern: echo, load: {rate: 1k/s}":                           "1 1 1 1 1 1", // goroutines
		"protocols: [tcp, websocket], stack: stock, pattern: echo, load: {rate: 1k/s}":                                         "1 1",         // goroutines
		"protocols: [tcp, sse], pattern: echo, load: {rate: 1k/s}":                                                             "1 1",         // goroutines
		"protocols: [tcp, sse], pattern: push, load: {rate: 1k/s}":                                                             "2",
		"protocols: [tcp, websocket], pattern: echo, load: {rate: 1k/s}, tls: true":                                            "1 1",
		"protocols: [tcp, websocket], pattern: [echo, push, upload, fanout], load: {rate: 1k/s}":                               "8",
		"protocols: [tcp, websocket], pattern: echo, load: {model: closed}":                                                    "2",
		"protocols: [tcp, sse], pattern: push, load: {model: closed}":                                                          "1 1", // sent as fast as possible
		"protocols: [tcp, websocket], pattern: echo, load: {rate: 1k/s, stages: [{over: 1s, to: 2k/s}]}":                       "1 1",
		"protocols: [tcp, websocket], pattern: echo, load: {rate: 1k/s}, target: '127.0.0.1:9000'":                             "1 1", // one server
		"protocols: [tcp, websocket], pattern: echo, load: {rate: 1k/s}, phases: {steady: 150ms}":                              "1 1",
		"protocols: [tcp, websocket], pattern: [echo, upload], load: {rate: 1k/s, connections: 150}":                           "4",
		"protocols: tcp, pattern: echo, load: {rate: 1k/s, connections: [1, 2, 3, 4, 5, 6, 7, 8, 9]}":                          "1 1 1 1 1 1 1 1 1", // not 8 and 1
		"protocols: [tcp, websocket], pattern: echo, load: {rate: 1k/s, connections: [1, 2, 4, 8, 16]}":                        "8 2",
		"protocols: [tcp, websocket], pattern: echo, load: {rate: 1k/s}, thresholds: [{condition: 'p(99) < 1s', abort: true}]": "1 1",
		"target: {websocket: 'ws://127.0.0.1:1', sse: 'http://127.0.0.1:1'}, pattern: push":                                    "1 1",
	} {
		stack := ", stack: lean"
		if strings.Contains(text, "stack:") || strings.Contains(text, "target: {") {
			stack = ""
		}
		s := parse(t, "{name: x, "+text+stack+", repetitions: 1}")
		var sizes []string
		for _, b := range (Options{}).blocks(slices.Concat(ordered(cellsOf(t, s), 0), ordered(cellsOf(t, s), 1))) {
			sizes = append(sizes, fmt.Sprint(len(b)))
		}
		if got := strings.Join(sizes, " "); got != want+" "+want {
			t.Errorf("%s: blocks of %s, want %s", text, got, want)
		}
	}
}

// runInTurns runs a scenario until its loads alternate: if the streams of one open too late, as on a busy machine,
// they run one by one.
func runInTurns(t *testing.T, s *scenarios.Scenario) (res *result.Result) {
	t.Helper()
	for range 5 {
		var err error
		if res, err = Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "")}); err != nil {
			t.Fatal(err)
		}
		for _, r := range res.Repetitions() {
			if r.Turns != nil {
				return res
			}
		}
	}
	return res
}

// In turns, each load has its whole plan, and every message is counted once: in a window or in a lead.
func TestTurnsHaveTheWholePlan(t *testing.T) {
	t.Parallel()
	s := parse(t, "{name: x, stack: lean, protocols: [tcp, websocket], pattern: [echo, upload], load: {rate: 1k/s, connections: 2}, phases: {warmup: 100ms, steady: 300ms, drain: 10s}}")
	res := runInTurns(t, s)
	for c, r := range res.Repetitions() {
		n := r.Counters
		if r.Error != "" || r.Turns == nil || r.Turns.Loads != 4 {
			t.Errorf("%s: %q, turns %+v", c.ID, r.Error, r.Turns)
			continue
		}
		if n.Planned != 300 || n.Recorded != 300 || n.Failed != 0 || r.Turns.InLead != 30 || r.Phases.Steady != 300*time.Millisecond {
			t.Errorf("%s: %+v, %d in leads, steady phase %v", c.ID, n, r.Turns.InLead, r.Phases.Steady)
		}
		if r.Client.CPU <= 0 || r.Server.CPU <= 0 {
			t.Errorf("%s: CPU %v and %v", c.ID, r.Client.CPU, r.Server.CPU)
		}
		var inTimeline int64
		for _, in := range r.Timeline {
			inTimeline += in.Response.Count()
		}
		if c.Config.Pattern == "echo" && inTimeline != 300 {
			t.Errorf("%s: %d messages in the timeline", c.ID, inTimeline)
		}
	}
}

// A server that pushes computes the same turns as the client.
func TestServersPushInTurns(t *testing.T) {
	t.Parallel()
	s := parse(t, "{name: x, stack: lean, protocols: [tcp, websocket, sse], pattern: [push, fanout], load: {rate: 500/s, connections: 2}, phases: {warmup: 100ms, steady: 300ms, drain: 10s}}")
	res := runInTurns(t, s)
	for c, r := range res.Repetitions() {
		want := uint64(150)
		if c.Config.Pattern == "fanout" {
			want *= 2
		}
		if r.Error != "" || r.Turns == nil || r.Counters.Recorded != want || r.Counters.Failed != 0 || r.Turns.InLead != want/10 {
			t.Errorf("%s: %q, %+v, turns %+v", c.ID, r.Error, r.Counters, r.Turns)
		}
	}
}

// Closed loops stop at the end of a turn and go on in the next.
func TestClosedLoopsTakeTurns(t *testing.T) {
	t.Parallel()
	s := parse(t, "{name: x, stack: lean, protocols: [tcp, websocket], pattern: echo, load: {model: closed, connections: 2}, phases: {warmup: 100ms, steady: 1s, drain: 10s}}")
	res := runInTurns(t, s)
	for c, r := range res.Repetitions() {
		if r.Error != "" || r.Turns == nil || r.Counters.Failed != 0 {
			t.Errorf("%s: %q, %+v", c.ID, r.Error, r.Counters)
			continue
		}
		rounds := 0
		for _, in := range r.Timeline {
			if in.Response.Count() > 0 {
				rounds++
			}
		}
		if rounds < 2 {
			t.Errorf("%s: messages in %d of 10 rounds", c.ID, rounds)
		}
	}
}

// A server that exits ends its own repetition only.
func TestServerExitsInABlock(t *testing.T) {
	t.Parallel()
	s := parse(t, "{name: x, stack: lean, protocols: tcp, pattern: echo, load: {rate: 1k/s}, phases: {warmup: 100ms, steady: 300ms, drain: 10s}}")
	base, head, err := Interleave(context.Background(), Options{Scenarios: []*scenarios.Scenario{s}},
		[]Place{{Side{Server: withFault(t, "")}, Side{Server: exitsAfter(t, 150)}}}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, h := base.Cells[0].Repetitions[0], head.Cells[0].Repetitions[0]
	if b.Error != "" || b.Counters.Recorded != 300 {
		t.Errorf("base: %q, %+v", b.Error, b.Counters)
	}
	if h.Turns == nil || !strings.Contains(h.Error, "exit") {
		t.Errorf("head: %q, %+v", h.Error, h.Counters)
	}
}

func TestInterruptedBlock(t *testing.T) {
	t.Parallel()
	s := parse(t, "{name: x, stack: lean, protocols: [tcp, websocket], pattern: echo, load: {model: closed}, phases: {warmup: 0s, steady: 1h}}")
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	res, err := Run(ctx, Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, ""), OnStatus: func(st result.Status) {
		if st.Recorded > 0 {
			interrupt()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	var recorded uint64
	for c, r := range res.Repetitions() {
		recorded += r.Counters.Recorded
		if !r.Interrupted || r.Error != "" || r.Phases.Steady > time.Hour/2 {
			t.Errorf("%s: interrupted %t, %q, steady phase %v", c.ID, r.Interrupted, r.Error, r.Phases.Steady)
		}
	}
	if recorded == 0 {
		t.Error("an interrupted block keeps nothing")
	}
}
