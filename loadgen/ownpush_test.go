//go:build linux

package loadgen

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"rtbench/scenarios"
)

// A stream on which the server sends by itself is left as the steps say.
func TestStepsAfterAPush(t *testing.T) {
	t.Parallel()
	ends := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			last := ""
			for {
				_, p, err := c.Read(context.Background())
				if err != nil {
					ends <- fmt.Sprintf("%s %d", last, websocket.CloseStatus(err))
					return
				}
				last = string(p)
			}
		}()
		for n := 0; ; n++ {
			if c.Write(r.Context(), websocket.MessageText, fmt.Appendf(nil, `{"n":%d}`, n)) != nil {
				break
			}
		}
		<-gone
	}))
	defer server.Close()
	n := runOne(t, Options{}, fmt.Sprintf(`{name: push, target: '%s', pattern: push, match: {field: n}, load: {connections: 2},
  steps: [load, {send: bye}, {close: 4000}], phases: {warmup: 0s, steady: 200ms, drain: 20s}}`, strings.Replace(server.URL, "http", "ws", 1))).Counters
	for range 2 {
		if got := <-ends; got != "bye 4000" {
			t.Errorf("the server saw %q", got)
		}
	}
	if n.AllReceived == 0 || n.Lost+n.Duplicates+n.OutOfOrder+n.Reopened > 0 || len(n.Errors)+len(n.Closed) > 0 {
		t.Errorf("%+v", n)
	}
}

// A place for the server's own figures where there are none is told before the run.
func TestStatsThatAreNotThere(t *testing.T) {
	t.Parallel()
	sc := parse(t, "{name: x, target: {websocket: 'ws://127.0.0.1:9/', stats: {prometheus: 'http://127.0.0.1:9/metrics'}}, pattern: push}")
	_, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{sc}})
	if err == nil || !strings.Contains(err.Error(), "connection refused") || !strings.Contains(err.Error(), "target.stats left out") {
		t.Errorf("the error is %v", err)
	}
}

// A POST that is refused is one message that failed: the events and the others go on.
func TestRefusedPosts(t *testing.T) {
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

// What a later message has overtaken when the run ends is not lost: it is waited for.
func TestOvertakenAtTheEnd(t *testing.T) {
	t.Parallel()
	for _, stamp := range []string{"", "stamp: {field: at, unit: ns, bound: 0s}, "} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			pace := time.NewTicker(5 * time.Millisecond)
			defer pace.Stop()
			for n := 0; r.Context().Err() == nil; n++ {
				now := time.Now().UnixNano()
				<-pace.C
				_, _ = fmt.Fprintf(w, "data: {\"n\":%d,\"at\":%d}\n\n", n^1, now) // 1 0 3 2 5 4 …
				_ = http.NewResponseController(w).Flush()
			}
		}))
		n := runOne(t, Options{}, fmt.Sprintf(`{name: push, target: '%s', protocols: [sse], pattern: push, match: {field: n}, %s
  load: {connections: 16}, phases: {warmup: 0s, steady: 300ms, drain: 20s}}`, s.URL, stamp)).Counters
		s.Close()
		if n.AllReceived == 0 || n.OutOfOrder == 0 || n.Lost+n.Duplicates+n.Reopened > 0 || len(n.Errors)+len(n.Closed) > 0 {
			t.Errorf("%s%+v", stamp, n)
		}
	}
}
