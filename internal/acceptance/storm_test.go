//go:build linux

package acceptance

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
	"rtbench/report/result"
)

// A Node server that restarts drops every connection and does not listen for a while; then it refuses an
// attempt for each. All come back as the policy says, both ends count the same, and every planned message is
// answered or missed. The restart is not held against the server.
func TestRestartOfATarget(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, policy := range []string{"fixed", "full-jitter", "decorrelated"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			const streams = 20
			var server *thirdparty.Server
			var r *result.Repetition
			var o outcome
			for _, seconds := range []int{3, 20} { // longer until all are back, on a busy machine
				server = thirdparty.Start(t, "node-ws")
				r, o = newSession(t, nil).measure(scenario{
					target: onWebSocket("/echo")(server), load: fmt.Sprintf("rate: 200/s, connections: %d", streams), phases: fmt.Sprintf("warmup: 0s, steady: %ds, drain: 5s", seconds),
					more: numbered + fmt.Sprintf("events: [{at: 500ms, run: [kill, -USR2, '%d']}]\nreconnect: {policy: %s, base: 100ms, cap: 400ms}\n", server.PID, policy),
				})
				if len(r.Storms) == 1 && r.Storms[0].Back.Count() == streams {
					break
				}
			}
			planned := r.Counters.Planned
			if len(r.Storms) != 1 {
				t.Fatalf("%s\n%d storms: %+v", o.Stdout, len(r.Storms), r.Storms)
			}
			s, n, l := r.Storms[0], r.Counters, server.Ledger(t)
			back := uint64(s.Back.Count())
			if s.Cut != streams || back != streams || s.GaveUp != 0 || s.Attempts != back+s.RefusedCount() || s.Refused["HTTP status 503"] != streams {
				t.Errorf("%+v", s)
			}
			if l.Connections != 2*streams || l.Refused["503"] != streams {
				t.Errorf("the server had %d connections and refused %v", l.Connections, l.Refused)
			}
			if n.Recorded+r.Missed.Count() != planned || n.Failed != r.Missed.Count() || r.Missed.Count() == 0 || n.Duplicates != 0 {
				t.Errorf("missed %+v of %+v", r.Missed, n)
			}
			if uint64(l.Received) > n.AllSent || n.AllReceived != n.Recorded {
				t.Errorf("the server received %d, sent %d; rtbench sent %d and received %d", l.Received, l.Sent, n.AllSent, n.AllReceived)
			}
			if all, _ := s.Until(100); all < 300*time.Millisecond || n.ErrorCount() != n.Failed {
				t.Errorf("all are back after %v, and the server did not listen for 300ms; %d errors", all, n.ErrorCount())
			}
			if reasons := strings.Join(r.Validity.Reasons(), "\n"); !strings.Contains(reasons, "ended 20 streams, as planned") || strings.Contains(reasons, "did not accept") || strings.Contains(reasons, "were reopened") {
				t.Error(reasons)
			}
		})
	}
}

// A command that fails makes the repetition fail, with the event and what it printed.
func TestFailingCommandOfAnEvent(t *testing.T) {
	t.Parallel()
	server := thirdparty.Start(t, "node-ws")
	r, _ := newSession(t, nil).measure(scenario{
		target: onWebSocket("/echo")(server), load: "rate: 50/s", phases: "warmup: 0s, steady: 500ms, drain: 1s",
		more: numbered + "events: [{at: 100ms, run: [sh, '-c', 'echo no such container >&2; exit 3']}]\n",
	})
	if want := "event at 100ms: run sh -c echo no such container >&2; exit 3: exit status 3: no such container"; r.Error != want {
		t.Errorf("%q, want %q", r.Error, want)
	}
}
