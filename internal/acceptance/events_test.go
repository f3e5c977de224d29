//go:build linux

package acceptance

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// An eventServer sends an event every millisecond on /events and counts requests.
type eventServer struct {
	URL      string
	requests atomic.Int64
}

// newEventServer starts a server that calls opened before it answers each request for events,
// with the request's number from 1.
func newEventServer(t *testing.T, opened func(e *eventServer, n int)) *eventServer {
	t.Helper()
	e := &eventServer{}
	mux := http.NewServeMux()
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		opened(e, int(e.requests.Add(1)))
		w.Header().Set("Content-Type", "text/event-stream")
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for c := http.NewResponseController(w); r.Context().Err() == nil; <-tick.C {
			_, _ = fmt.Fprint(w, "data: {}\n\n")
			_ = c.Flush()
		}
	})
	server := httptest.NewUnstartedServer(mux)
	e.URL = "http://" + server.Listener.Addr().String() + "/events" // before the first request
	server.Start()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return e
}

// pushScenario returns a 100 ms scenario for the server.
func (e *eventServer) pushScenario() string {
	return scenario{
		pattern: "push", target: fmt.Sprintf("sse: %q", e.URL), load: "connections: 1", phases: "warmup: 0s, steady: 100ms", more: "repetitions: 1",
	}.text()
}
