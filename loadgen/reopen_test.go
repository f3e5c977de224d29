package loadgen

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"rtbench/report/result"
	"rtbench/scenarios"
)

// serveEvents serves text/event-stream at /events and accepts messages at /post.
func serveEvents(t *testing.T, events, post http.HandlerFunc) (url string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		events(w, r)
	})
	if post != nil {
		mux.HandleFunc("/post", post)
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

// runCustom runs a scenario of a custom target; SERVER stands for its address.
func runCustom(t *testing.T, text, server string) *result.Repetition {
	t.Helper()
	sc, err := scenarios.Parse("custom.yaml", []byte("name: custom\n"+strings.ReplaceAll(text, "SERVER", server)))
	if err != nil {
		t.Fatal(err)
	}
	res, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{sc}})
	if err != nil {
		t.Fatal(err)
	}
	return res.Cells[0].Repetitions[0]
}

// A message that the server never answers is sent once and lost. Messages queued behind it do not
// count as sent.
func TestUnsentMessagesAreNotSent(t *testing.T) {
	t.Parallel()
	var posts atomic.Uint64
	url := serveEvents(t,
		func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
		func(_ http.ResponseWriter, r *http.Request) {
			posts.Add(1)
			_, _ = r.Body.Read(make([]byte, 1000)) // reading reveals the client's end
			<-r.Context().Done()
		})
	rep := runCustom(t, `
target: {sse: {url: 'SERVER/events', post: 'SERVER/post'}}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: {rate: 100/s}
phases: {warmup: 0s, steady: 500ms, drain: 300ms}
`, url)
	n := rep.Counters
	if n.AllSent != posts.Load() || n.AllSent != 1 || n.Lost != 1 || n.AllReceived != 0 {
		t.Errorf("sent %d, received %d, lost %d; the server got %d, want 1; %+v", n.AllSent, n.AllReceived, n.Lost, posts.Load(), n)
	}
}

// A reopened stream without messages has ended normally.
func TestReopenedEmptyStreamEndsNormally(t *testing.T) {
	t.Parallel()
	var calls atomic.Uint64
	url := serveEvents(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) > 1 {
			w.Header().Set("Content-Length", "0")
			return
		}
		_ = http.NewResponseController(w).Flush()
		_, _ = w.Write([]byte("data: x\n\n"))
	}, nil)
	n := runCustom(t, `
target: {sse: 'SERVER/events'}
pattern: push
phases: {warmup: 0s, steady: 1s, drain: 0s}
`, url).Counters
	if n.Reopened == 0 || n.AllReceived != 1 || len(n.Errors) > 0 || n.Closed["ended by the server"] < n.Reopened {
		t.Errorf("%d calls, counted %+v", calls.Load(), n)
	}
}
