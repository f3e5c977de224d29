//go:build linux

package loadgen

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// The drain awaits messages that later ones have overtaken; they are not lost.
func TestDrainAwaitsOvertakenMessages(t *testing.T) {
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
