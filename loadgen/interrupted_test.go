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
