package session

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/script"
	"rtbench/loadgen/target"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/framing"
	"rtbench/proto/pace"
	"rtbench/proto/record"
	"rtbench/report/result"
	"rtbench/scenarios"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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

// customSessionOn returns a session with a custom target and this model of load, at the start of the
// steady phase.
func customSessionOn(t testing.TB, st *fakeStream, cell scenarios.Cell) *Session {
	t.Helper()
	custom := &target.Custom{Script: &script.Script{}}
	g := New(t.Context(), Config{Scenario: &scenarios.Scenario{Custom: new(scenarios.Target)}, Custom: custom, Cell: cell, Policy: CountAndStop})
	t.Cleanup(g.Close)
	g.Cell.Steady = time.Hour
	g.Timing = NewTiming(&g.Cell, pace.Turns{}, clock.Now())
	g.Sink = record.NewSink(g.Window)
	l := &activeStream{stream: &driver.Stream{Conn: st}, script: custom.Script.NewSession(proto.Call{Of: 1}, script.Alone(0, 1), nil)}
	l.dialect = l.script
	if err := l.script.Open(t.Context(), l.stream); err != nil {
		t.Fatal(err)
	}
	e := newSession(g, nil, l, 0, 0)
	g.receiving.Add(1)
	g.sessions = []*Session{e}
	e.attach(record.NewRecorder(g.Sink), proto.NewMessage(100, false), nil)
	return e
}

var closedEcho = scenarios.Cell{API: "custom", Pattern: "echo", Model: "closed"}

// A closed loop has one message outstanding, no matter how often and when replies arrive.
func TestClosedLoopTakesAReplyOnce(t *testing.T) {
	st := &fakeStream{}
	e := customSessionOn(t, st, closedEcho)
	h := decoder{e, closedLoop{e}}
	h.start()
	reply := func(seq uint64) []byte {
		return proto.NewMessage(100, false).Stamp(proto.Header{Seq: seq, Intended: e.g.From, Sent: e.g.From})
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
			e := customSessionOn(t, st, closedEcho)
			if e.Fire(clock.Now()) || st.closed != c.closed {
				t.Errorf("it goes on, or closed is %v, want %v", st.closed, c.closed)
			}
			e.Ended(c.recv)
			if !e.gone.Load() || len(e.g.Events.phases[Connect].Errors) != 1 || e.g.Events.phases[Connect].Errors[c.class] != 1 {
				t.Errorf("counted %v, want %q", e.g.Events.phases[Connect].Errors, c.class)
			}
		})
	}
}

// A closed loop whose Send fails counts the end of its stream.
func TestFailedSendEndsClosedLoop(t *testing.T) {
	e := customSessionOn(t, &fakeStream{fails: errors.New("no")}, closedEcho)
	h := closedLoop{e}
	h.next()
	h.Ended(net.ErrClosed)
	if n := e.g.Events.phases[Connect].Errors["other"]; n != 1 {
		t.Errorf("counted %v, want one", e.g.Events.phases[Connect].Errors)
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
			e := customSessionOn(t, &fakeStream{}, closedEcho)
			e.g.Scenario.Custom.Match.By = "none"
			e.g.traffic = trafficOf(&e.g.Config)
			e.pushed.lastArrival, e.opened = e.g.To-c.lastArrival, e.g.From
			if c.ended != 0 {
				e.streamTime = &streamTime{endedAt: e.g.To - c.ended, endedInOrder: c.ordered}
			}
			a := accounts{e.g, &result.Repetition{}}
			a.endSilences()
			a.arrivals()
			if got := a.rep.Arrivals.Longest; got != c.want {
				t.Errorf("the longest silence is %v, want %v", got, c.want)
			}
		})
	}
}
