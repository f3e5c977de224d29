package loadgen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/script"
	"rtbench/loadgen/target"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/framing"
	"rtbench/proto/record"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// A fakeStream counts or fails Sends.
type fakeStream struct {
	sent   int
	fails  error
	closed bool
}

func (s *fakeStream) Send([]byte) error {
	if s.fails == nil {
		s.sent++
	}
	return s.fails
}
func (s *fakeStream) Recv() ([]byte, error) { return nil, net.ErrClosed }
func (s *fakeStream) CloseSend() error      { return nil }
func (s *fakeStream) Close() error          { s.closed = true; return nil }

// customExchangeOn returns an exchange with a custom target, at the start of the steady phase.
func customExchangeOn(t testing.TB, st *fakeStream) *exchange {
	t.Helper()
	now := clock.Now()
	r := &repetition{
		job:    job{scenario: &scenarios.Scenario{Custom: new(scenarios.Target)}, target: &target.Custom{Script: &script.Script{}}, cell: scenarios.Cell{API: "custom", Pattern: "echo", Model: "closed"}},
		policy: countAndStop, rep: &result.Repetition{},
		from: now, to: now + int64(time.Hour), steadyEnd: now + int64(time.Hour), sink: record.NewSink(now, now+int64(time.Hour)),
	}
	r.traffic = trafficOf(r.job)
	r.reopenCtx, r.cancelReopen = context.WithCancel(context.Background())
	t.Cleanup(r.cancelReopen)
	l := &activeStream{stream: &driver.Stream{Conn: st}, script: (&script.Script{}).NewSession(proto.Call{Of: 1}, nil)}
	if err := l.script.Open(t.Context(), l.stream); err != nil {
		t.Fatal(err)
	}
	e := newExchange(r, nil, l, proto.Call{Of: 1}, 0)
	r.receiving.Add(1)
	e.prepare(record.NewRecorder(r.sink), proto.NewMessage(100, false))
	r.exchanges = []*exchange{e}
	return e
}

// A closed loop has one message outstanding, no matter how often and when replies arrive.
func TestClosedLoopTakesAReplyOnce(t *testing.T) {
	st := &fakeStream{}
	e := customExchangeOn(t, st)
	h := decoder{e, closedLoop{e}}
	h.start()
	reply := func(seq uint64) []byte {
		return proto.NewMessage(100, false).Stamp(proto.Header{Seq: seq, Intended: e.r.from, Sent: e.r.from})
	}
	for _, seq := range []uint64{0, 0, 0, 1, 0, 1} {
		h.Message(reply(seq), clock.Now())
	}
	if st.sent != 3 {
		t.Errorf("%d messages were sent for two replies, want 3", st.sent)
	}
	h.Message(reply(2)[:60], clock.Now())
	if st.sent != 4 {
		t.Error("a reply that is broken ends the loop")
	}
}

// The server's reason for the end counts, whether Send or Recv fails first.
func TestEndReasons(t *testing.T) {
	closeErr := &framing.CloseError{Code: 1008}
	for name, c := range map[string]struct {
		send, recv error
		class      string
		closed     bool
	}{
		"a reset before a close frame is read": {syscall.ECONNRESET, closeErr, closeErr.Class(), false},
		"a broken pipe before one is":          {fmt.Errorf("write: %w", syscall.EPIPE), closeErr, closeErr.Class(), false},
		"a reset and an end":                   {syscall.ECONNRESET, net.ErrClosed, "connection reset", false},
		"what is wrong here":                   {errors.New("no"), net.ErrClosed, "other", true},
	} {
		t.Run(name, func(t *testing.T) {
			st := &fakeStream{fails: c.send}
			e := customExchangeOn(t, st)
			if e.Fire(clock.Now()) || st.closed != c.closed {
				t.Errorf("it goes on, or closed is %v, want %v", st.closed, c.closed)
			}
			e.Ended(c.recv)
			if !e.gone.Load() || len(e.r.failures[phaseConnect].broken) != 1 || e.r.failures[phaseConnect].broken[c.class] != 1 {
				t.Errorf("counted %v, want %q", e.r.failures[phaseConnect].broken, c.class)
			}
		})
	}
}

// A closed loop whose Send fails counts the end of its stream.
func TestFailedSendEndsClosedLoop(t *testing.T) {
	e := customExchangeOn(t, &fakeStream{fails: errors.New("no")})
	h := closedLoop{e}
	h.next()
	h.Ended(net.ErrClosed)
	if n := e.r.failures[phaseConnect].broken["other"]; n != 1 {
		t.Errorf("counted %v, want one", e.r.failures[phaseConnect].broken)
	}
}

// The silence before the end of the phase counts if the stream is open, reopened or broken, but
// not if the server ended it normally.
func TestSilenceAtEndOfPhase(t *testing.T) {
	const ms = int64(time.Millisecond)
	for name, c := range map[string]struct {
		lastArrival, ended int64 // before the end of the phase; 0: never
		ordered            bool
		want               time.Duration
	}{
		"something came":            {lastArrival: 3 * ms, want: 3 * time.Millisecond},
		"broke":                     {lastArrival: 500 * ms, ended: 400 * ms, want: 500 * time.Millisecond},
		"ended in order":            {lastArrival: 500 * ms, ended: 400 * ms, ordered: true},
		"ended in order at the end": {lastArrival: 500 * ms, ended: -1, ordered: true, want: 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			e := customExchangeOn(t, &fakeStream{})
			e.r.job.scenario.Custom.Match.By = "none"
			e.r.traffic = trafficOf(e.r.job)
			e.pushed.lastArrival, e.opened = e.r.to-c.lastArrival, e.r.from
			if c.ended != 0 {
				e.streamTime.endedAt, e.streamTime.endedInOrder = e.r.to-c.ended, c.ordered
			}
			e.r.endSilences()
			e.r.collectArrivals()
			if got := e.r.rep.Arrivals.Longest; got != c.want {
				t.Errorf("the longest silence is %v, want %v", got, c.want)
			}
		})
	}
}

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
