package loadgen

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"rtbench/report/result"
	"rtbench/scenarios"
)

// The remainder of an interrupted run does not count as a silence.
func TestInterruptionIsNoSilence(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for c := http.NewResponseController(w); r.Context().Err() == nil; <-tick.C {
			_, _ = fmt.Fprint(w, "data: {}\n\n")
			_ = c.Flush()
		}
	}))
	defer server.Close()
	s, err := scenarios.Parse("x.yaml", fmt.Appendf(nil, "{name: x, target: {sse: %q}, pattern: push, load: {connections: 2}, phases: {warmup: 0s, steady: 1h}}", server.URL))
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	res, err := Run(ctx, Options{Scenarios: []*scenarios.Scenario{s}, OnStatus: func(st result.Status) {
		if st.Recorded > 0 {
			interrupt()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := res.Cells[0].Repetitions[0]
	if !r.Interrupted || r.Arrivals == nil || r.Arrivals.Longest > time.Hour/2 {
		t.Errorf("interrupted %t after %v, silences of up to %+v", r.Interrupted, r.Phases.Steady, r.Arrivals)
	}
}

// Replies that are on their way when a run is interrupted are not lost.
func TestInterruptionLosesNoReply(t *testing.T) {
	t.Parallel()
	for _, load := range []string{"{rate: 2k/s, connections: 4}", "{model: closed, connections: 4}"} {
		for _, protocol := range []string{"tcp", "websocket", "grpc"} {
			s := parse(t, fmt.Sprintf("{name: x, protocols: %s, pattern: echo, load: %s, phases: {warmup: 0s, steady: 1h, drain: 10s}}", protocol, load))
			ctx, interrupt := context.WithCancel(context.Background())
			defer interrupt()
			res, err := Run(ctx, Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "delay=20ms"), OnStatus: func(st result.Status) {
				if st.Recorded > 0 {
					interrupt()
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			r := res.Cells[0].Repetitions[0]
			if n := r.Counters; !r.Interrupted || n.Recorded == 0 || n.Failed > 0 || n.Recorded != n.Due {
				t.Errorf("%s, %s: interrupted %t, %+v", protocol, load, r.Interrupted, n)
			}
		}
	}
}
