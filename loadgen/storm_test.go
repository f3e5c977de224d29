package loadgen

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"rtbench/internal/testrun"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// A droppingServer echoes, drops all connections once it has received a number of messages, and then refuses a
// number of attempts.
type droppingServer struct {
	dropAfter, refuses int64

	received, refused, accepted atomic.Int64
	dropped                     chan struct{} // closed when it drops all connections
	drop                        sync.Once
}

func (s *droppingServer) start(t *testing.T) (address string) {
	t.Helper()
	s.dropped = make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		before := true
		select {
		case <-s.dropped:
			if before = false; s.refused.Add(1) <= s.refuses {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
		default:
		}
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		s.accepted.Add(1)
		over := make(chan struct{})
		defer close(over)
		if before {
			go func() {
				select {
				case <-s.dropped:
					_ = c.CloseNow()
				case <-over:
				}
			}()
		}
		for {
			kind, p, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, p) != nil {
				return
			}
			if s.received.Add(1) == s.dropAfter {
				s.drop.Do(func() { close(s.dropped) })
			}
		}
	}))
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

// A server that drops everybody by itself is found out, and the storm after it is measured: attempts and
// refusals are those that the server counts, and no stream is back before the waits of its policy.
func TestServerThatDropsEverybody(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	const streams, k = 10, 2
	for policy, least := range map[string]time.Duration{"fixed": 150, "exponential": 50 + 100 + 200, "equal-jitter": 25 + 50 + 100, "full-jitter": 0, "decorrelated": 150} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			var server *droppingServer
			var rep *result.Repetition
			for _, seconds := range []int{3, 30} { // longer until all are back, on a busy machine
				server = &droppingServer{dropAfter: 100, refuses: k * streams}
				if rep = runDropped(t, server, policy, seconds); len(rep.Storms) == 1 && rep.Storms[0].Back.Count() == streams {
					break
				}
			}
			planned := rep.Counters.Planned
			if len(rep.Storms) != 1 {
				t.Fatalf("%s%d storms", rep.Error, len(rep.Storms))
			}
			s, n := rep.Storms[0], rep.Counters
			if s.Event != "" || s.Cut != streams || s.Back.Count() != streams || s.Attempts != streams*(k+1) || s.RefusedCount() != k*streams || s.GaveUp != 0 {
				t.Errorf("%+v", s)
			}
			if server.accepted.Load() != 2*streams || sumOf(n.Refused) != k*streams || n.Reopened != streams || sumOf(n.Errors) != streams {
				t.Errorf("the server accepted %d connections; counted %+v", server.accepted.Load(), n)
			}
			// Attempts of different streams share the refusals, so only their mean is k; but the first stream back
			// has waited once, and the last at least k times on average.
			if last, _ := s.Until(100); policy != "full-jitter" && last < least*time.Millisecond*99/100 {
				t.Errorf("the last stream is back after %v, before its waits of %v", last, least*time.Millisecond)
			}
			if uint64(server.received.Load()) > n.AllSent || n.Recorded+n.Failed != planned || rep.Missed.Count() != 0 {
				t.Errorf("the server received %d; %+v, missed %+v", server.received.Load(), n, rep.Missed)
			}
		})
	}
}

func runDropped(t *testing.T, server *droppingServer, policy string, seconds int) *result.Repetition {
	t.Helper()
	return runCustom(t, fmt.Sprintf(`
target: {websocket: SERVER}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: {rate: 200/s, connections: 10}
reconnect: {policy: %s, base: 50ms, cap: 1s}
phases: {warmup: 0s, steady: %ds, drain: 5s}
`, policy, seconds), server.start(t))
}

// rtbench ends a half and later all of the connections of reference servers, over each protocol and pattern.
// They come back, and every planned message is received or missed; nothing is repeated.
func TestDisconnects(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, protocol := range []string{"tcp", "websocket", "sse", "sse-h2", "grpc"} {
		for _, pattern := range []string{"echo", "push", "fanout"} {
			t.Run(protocol+"/"+pattern, func(t *testing.T) {
				t.Parallel()
				s := parse(t, fmt.Sprintf(`{name: x, protocols: %s, pattern: %s, load: {rate: 100/s, connections: 6}, phases: {warmup: 100ms, steady: 2500ms, drain: 10s},
					events: [{at: 200ms, disconnect: 50%%}, {at: 1700ms, disconnect: 100%%, how: reset}], reconnect: {policy: full-jitter, base: 100ms, cap: 200ms}}`, protocol, pattern))
				res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "")})
				if err != nil {
					t.Fatal(err)
				}
				rep := res.Cells[0].Repetitions[0]
				checkDisconnects(t, rep, 3, 6)
				n, planned := rep.Counters, map[string]uint64{"echo": 250, "push": 250, "fanout": 1500}[pattern]
				if n.Planned != planned || n.Recorded+n.Failed != planned || n.Failed != rep.Missed.Count() || n.Recorded == 0 || n.Duplicates+n.OutOfOrder+n.Corrupt+n.ErrorCount() != n.Failed {
					t.Errorf("missed %+v of %+v", rep.Missed, n)
				}
				if reasons := strings.Join(rep.Validity.Reasons(), "\n"); strings.Contains(reasons, "broke") || strings.Contains(reasons, "reopened") {
					t.Error(reasons)
				}
			})
		}
	}
}

// checkDisconnects checks that the events cut so many streams, and the later ones also those of the earlier ones
// that were back by then.
func checkDisconnects(t *testing.T, rep *result.Repetition, cut ...uint64) {
	t.Helper()
	if len(rep.Storms) != len(cut) {
		t.Fatalf("%s%d storms, want %d: %+v", rep.Error, len(rep.Storms), len(cut), rep.Storms)
	}
	before := uint64(0)
	for i, s := range rep.Storms {
		back := uint64(s.Back.Count())
		if s.Cut > cut[i] || s.Cut+before < cut[i] || back > s.Cut || s.GaveUp != 0 || s.Attempts < back+s.RefusedCount() {
			t.Errorf("event %d: %+v, want %d streams", i, s, cut[i])
		}
		before = cut[i]
	}
}

// An event ends the connections of one group. The others stay, and miss only what was on its way.
func TestDisconnectOfAGroup(t *testing.T) {
	t.Parallel()
	s := parse(t, `{name: x, protocols: websocket, phases: {warmup: 0s, steady: 1500ms, drain: 10s}, reconnect: fixed,
		events: [{at: 300ms, disconnect: 100%, group: phones}], groups: {
		speakers: {pattern: echo, load: {rate: 200/s, connections: 2}},
		desks: {deliver: {from: speakers}, load: {connections: 3}},
		phones: {deliver: {from: speakers}, load: {connections: 3}}}}`)
	res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "")})
	if err != nil {
		t.Fatal(err)
	}
	speakers, desks, phones := res.Cells[0].Repetitions[0], res.Cells[1].Repetitions[0], res.Cells[2].Repetitions[0]
	checkDisconnects(t, speakers, 0)
	checkDisconnects(t, desks, 0)
	checkDisconnects(t, phones, 3)
	if n := desks.Counters; n.Recorded != 900 || n.Failed != 0 {
		t.Errorf("the desks: %+v", n)
	}
	if n := phones.Counters; n.Recorded+n.Lost != 900 || n.Lost == 0 || phones.Missed.Lost != n.Lost || n.Duplicates != 0 {
		t.Errorf("the phones missed %+v of %+v", phones.Missed, n)
	}
	if desks.Storms[0].End < phones.Storms[0].At+100*time.Millisecond { // until the phones are back
		t.Errorf("for the desks it ends after %v", desks.Storms[0].End)
	}
}

// Without reconnecting, everything due after the cut is missed.
func TestDisconnectForGood(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"echo", "push"} {
		s := parse(t, `{name: x, protocols: tcp, pattern: `+pattern+`, load: {rate: 200/s, connections: 4}, phases: {warmup: 0s, steady: 1s, drain: 10s},
			events: [{at: 500ms, disconnect: 50%}], reconnect: none}`)
		res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "")})
		if err != nil {
			t.Fatal(err)
		}
		rep := res.Cells[0].Repetitions[0]
		if len(rep.Storms) != 1 || rep.Storms[0].Cut != 2 || rep.Storms[0].GaveUp != 2 || rep.Storms[0].Attempts != 0 {
			t.Fatalf("%s%+v", rep.Error, rep.Storms)
		}
		if n := rep.Counters; n.Planned != 200 || n.Recorded+n.Failed != 200 || n.Failed != rep.Missed.Count() || n.Failed < 25 {
			t.Errorf("%s: missed %+v of %+v", pattern, rep.Missed, n)
		}
	}
}

// An event cuts the streams of closed loops. The messages without a reply at that time are missed, each stream comes
// back, and its loop goes on.
func TestDisconnectOfClosedLoops(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"tcp", "websocket", "sse", "grpc"} {
		for event, how := range map[string]string{"disconnect": "disconnect: 100%", "restart": "restart: true"} {
			t.Run(protocol+"/"+event, func(t *testing.T) {
				t.Parallel()
				s := parse(t, fmt.Sprintf(`{name: x, protocols: %s, pattern: echo, load: {model: closed, connections: 4, think: 1ms}, phases: {warmup: 0s, steady: 1500ms, drain: 10s},
					events: [{at: 300ms, %s}], reconnect: {policy: fixed, base: 100ms}}`, protocol, how))
				res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "")})
				if err != nil {
					t.Fatal(err)
				}
				rep := res.Cells[0].Repetitions[0]
				if rep.Error != "" || len(rep.Storms) != 1 {
					t.Fatalf("%s%d storms", rep.Error, len(rep.Storms))
				}
				if s := rep.Storms[0]; s.Cut < 4 || uint64(s.Back.Count()) != s.Cut {
					t.Errorf("%+v", s)
				}
				n := rep.Counters
				if n.Sent != n.Recorded+n.Lost || n.Failed != rep.Missed.Count() || n.Lost > rep.Storms[0].Cut || n.ErrorCount() != n.Failed || n.Recorded == 0 {
					t.Errorf("missed %+v of %+v", rep.Missed, n)
				}
				if away := rep.StreamTime.Cut; away < 4*100*time.Millisecond {
					t.Errorf("four streams that wait 100 ms were away for %v", away)
				}
				late := rep.Timeline[len(rep.Timeline)-1]
				if late.Start < time.Second {
					t.Errorf("the last messages are of %v", late.Start)
				}
				if reasons := strings.Join(rep.Validity.Reasons(), "\n"); strings.Contains(reasons, "broke") || strings.Contains(reasons, "failed") {
					t.Error(reasons)
				}
			})
		}
	}
}

// The loops of a custom target go on as well, also those between two messages when their stream was cut.
func TestDisconnectOfClosedLoopsOfCustomTargets(t *testing.T) {
	t.Parallel()
	const streams = 10
	rep := runCustom(t, `
target: {websocket: SERVER}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: {model: closed, connections: 10, think: 5ms}
events: [{at: 300ms, disconnect: 100%}]
reconnect: {policy: fixed, base: 100ms}
phases: {warmup: 0s, steady: 1500ms, drain: 10s}
`, new(droppingServer).start(t))
	if rep.Error != "" || len(rep.Storms) != 1 || rep.Storms[0].Cut != streams || rep.Storms[0].Back.Count() != streams {
		t.Fatalf("%s%+v", rep.Error, rep.Storms)
	}
	if n := rep.Counters; n.Sent != n.Recorded+n.Lost || n.Failed != rep.Missed.Count() || n.ErrorCount() != n.Failed {
		t.Errorf("missed %+v of %+v", rep.Missed, n)
	}
	if late := rep.Timeline[len(rep.Timeline)-1]; late.Start < time.Second {
		t.Errorf("the last messages are of %v", late.Start)
	}
	if reasons := strings.Join(rep.Validity.Reasons(), "\n"); strings.Contains(reasons, "broke") || strings.Contains(reasons, "failed") {
		t.Error(reasons)
	}
}
