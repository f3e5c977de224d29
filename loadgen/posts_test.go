//go:build linux

package loadgen

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// A refused POST fails one message. The event stream and other messages continue.
func TestRefusedPostFailsOneMessage(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	got, refused := 0, 0
	events := make(chan string, 1000)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			mu.Lock()
			got++
			refuse := got%10 == 0
			if refuse {
				refused++
			}
			mu.Unlock()
			if refuse {
				http.Error(w, "busy", http.StatusServiceUnavailable)
				return
			}
			events <- string(body)
			w.WriteHeader(http.StatusAccepted)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		for {
			select {
			case e := <-events:
				_, _ = fmt.Fprintf(w, "data: %s\n\n", e)
				_ = http.NewResponseController(w).Flush()
			case <-r.Context().Done():
				return
			}
		}
	}))
	defer s.Close()
	n := runOne(t, Options{}, fmt.Sprintf(`
name: posts
target: {sse: {url: %[1]s/events, post: %[1]s/say}}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: {rate: 200/s}
phases: {warmup: 0s, steady: 500ms, drain: 30s}
`, s.URL)).Counters
	mu.Lock()
	defer mu.Unlock()
	if refused == 0 || n.Unexpected["HTTP status 503"] != uint64(refused) || n.Reopened > 0 || n.Lost > 0 || n.AllReceived != uint64(got-refused) {
		t.Errorf("%d POSTs, %d refused; counted %+v", got, refused, n)
	}
}
