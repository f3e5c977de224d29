package session

import (
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"rtbench/loadgen/driver"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
	"rtbench/proto/record"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

// A fakeUser is the stream of a user, whose server answers each request after a time.
type fakeUser struct {
	fakeStream
	t      *testing.T
	e      *Session
	asked  chan struct{}
	answer time.Duration
	fails  func() bool
	due    int64 // of the next request; 0: unknown, because a backoff is random
	ended  int64 // the last answer
	all    uint64
	busy   bool
}

// Send checks that a request is due now, in the steady phase or before, and the only one.
func (u *fakeUser) Send([]byte) error {
	a, g := u.e.answering, u.e.g
	switch now := clock.Now(); {
	case u.busy:
		u.t.Error("a second request before the end of the answer to the first")
	case a.due >= g.To || a.due < u.ended || a.due > now:
		u.t.Errorf("a request is due at %d and sent at %d; the last answer ended at %d, the steady phase ends at %d", a.due, now, u.ended, g.To)
	case u.due != 0 && a.due != u.due:
		u.t.Errorf("a request is due at %d, want %d", a.due, u.due)
	case a.number != u.all*uint64(g.Cell.Connections)+uint64(u.e.share):
		u.t.Errorf("request %d of user %d has number %d", u.all, u.e.share, a.number)
	case a.waited != (now > a.due):
		u.t.Errorf("a request that was due %d ns ago: waited for a stream is %v", now-a.due, a.waited)
	}
	u.busy = true
	u.all++
	u.asked <- struct{}{}
	return nil
}

// serve answers requests until the end of the load. Sometimes the stream breaks instead, and is opened again.
func (u *fakeUser) serve(think cell.Pause, pauses *rand.PCG, over <-chan struct{}) {
	q, a := u.e.g.requests, u.e.answering
	for {
		select {
		case <-over:
			return
		case <-u.asked:
		}
		time.Sleep(u.answer)
		u.busy, u.ended = false, clock.Now()
		u.due = u.ended + int64(think.Draw(pauses))
		if !u.fails() {
			a.marked, a.tokens = true, 1
			q.next(u.e, u.ended, u.e.endAnswer(nil, u.ended))
			continue
		}
		u.due = 0
		q.lost(u.e)
		q.next(u.e, u.ended, u.e.endAnswer(io.EOF, u.ended))
		time.Sleep(40 * time.Millisecond)
		q.opened(u.e)
	}
}

// Each user of a closed loop has at most one request without an answer. A request is due exactly a think time after
// the answer to the one before, or later after one that failed, and never after the steady phase.
func TestUsersAskAfterThinking(t *testing.T) {
	thinks := []string{"0s", "10ms", "3s", "exponential(50ms)", "uniform(5ms, 700ms)"}
	rapid.Check(t, func(r *rapid.T) {
		c := cell.Config{
			Protocol: "tcp", Pattern: "generate", Model: cell.Closed, Tokens: cell.Tokens{Count: 1, Every: time.Millisecond}, Streams: 1,
			Connections: rapid.IntRange(1, 5).Draw(r, "users"), Seed: rapid.Int64().Draw(r, "seed"),
			Warmup: 100 * time.Millisecond, Steady: time.Duration(rapid.IntRange(1, 1500).Draw(r, "steady")) * time.Millisecond,
		}
		c.Think, _ = cell.ParsePause(rapid.SampledFrom(thinks).Draw(r, "think"))
		answer := time.Duration(rapid.IntRange(1, 400).Draw(r, "answer")) * time.Millisecond
		failing := rapid.SampledFrom([]float64{0, 0.3, 1}).Draw(r, "failing")
		synctest.Test(t, func(t *testing.T) {
			g := New(t.Context(), Config{Scenario: &scenarios.Scenario{}, Cell: c, Policy: CountAndReopen})
			defer g.Close()
			g.Timing = NewTiming(&g.Cell, pace.Turns{}, clock.Now())
			g.Sink = record.NewSink(g.Window)
			users := make([]*fakeUser, c.Connections)
			for i := range users {
				random := rand.New(rand.NewPCG(uint64(c.Seed), uint64(100+i)))
				u := &fakeUser{t: t, asked: make(chan struct{}, 1), answer: answer, fails: func() bool { return random.Float64() < failing }}
				u.e = newSession(g, nil, &activeStream{stream: &driver.Stream{Conn: u}}, i, 0)
				users[i], g.sessions = u, append(g.sessions, u.e)
			}
			g.requests = newRequests(t.Context(), g)
			g.requests.wake = func(e *Session, due int64) {
				time.AfterFunc(time.Duration(due-clock.Now()), func() { g.requests.fire(e) })
			}
			over := make(chan struct{})
			for _, u := range users {
				pauses := rand.NewPCG(uint64(c.Seed), uint64(u.e.number))
				u.due, u.ended = g.Origin+int64(c.Think.Rest(pauses)), g.Origin
				go u.serve(c.Think, pauses, over)
				g.requests.opened(u.e)
			}
			time.Sleep(c.Warmup + c.Steady + 500*time.Millisecond)
			g.stopAsking()
			close(over)
			synctest.Wait()
			checkUsers(t, g, users, failing)
		})
	})
}

// asksOn returns a session on the only stream of an open loop of requests.
func asksOn(t *testing.T, conn driver.Conn) *Session {
	t.Helper()
	c := cell.Config{Protocol: "tcp", Pattern: "generate", Model: cell.Open, Rate: 1, Tokens: cell.Tokens{Count: 1, Every: time.Millisecond}, Connections: 1, Streams: 1, Steady: time.Hour}
	g := New(t.Context(), Config{Scenario: &scenarios.Scenario{}, Cell: c, Policy: CountAndReopen})
	t.Cleanup(g.Close)
	g.Timing = NewTiming(&g.Cell, pace.Turns{}, clock.Now())
	g.Sink = record.NewSink(g.Window)
	e := newSession(g, nil, &activeStream{stream: &driver.Stream{Conn: conn}}, 0, 0)
	g.sessions = []*Session{e}
	g.requests = newRequests(t.Context(), g)
	return e
}

// A hastyServer is a stream whose answers come before Send returns, while other requests wait.
type hastyServer struct {
	fakeStream
	e       *Session
	sending atomic.Int32
	done    chan struct{} // closed when the last answer has ended
}

func (s *hastyServer) Send([]byte) error {
	if s.sending.Add(1) != 1 {
		return errors.New("two requests are being sent at once")
	}
	defer s.sending.Add(-1)
	s.sent++
	q := s.e.g.requests
	left := q.waiting()
	go func() {
		s.e.answering.marked, s.e.answering.tokens = true, 1
		q.next(s.e, clock.Now(), s.e.endAnswer(nil, clock.Now()))
		if left == 0 {
			close(s.done)
		}
	}()
	for left > 0 && q.waiting() == left { // until the next request has begun
		runtime.Gosched()
	}
	return nil
}

// An answer may come before the Send of its request returns. The next request is then sent all the same, after it.
func TestAnswersDuringSend(t *testing.T) {
	t.Parallel()
	const requests = 1000
	st := &hastyServer{done: make(chan struct{})}
	st.e = asksOn(t, st)
	g, q := st.e.g, st.e.g.requests
	for range requests {
		q.take(g, request{due: clock.Now()})
	}
	q.opened(st.e)
	select {
	case <-st.done:
	case <-time.After(time.Minute):
		t.Fatal("a request was not sent")
	}
	if st.sent != requests || q.waiting() != 0 {
		t.Errorf("%d requests were sent, and %d wait, want %d and 0", st.sent, q.waiting(), requests)
	}
	d := drainer{g}
	for !d.mayHalfClose(st.e) { // until the last Send has returned
		runtime.Gosched()
	}
	st.e.begin(request{})
	if d.mayHalfClose(st.e) {
		t.Error("a stream may be half-closed although a request has begun")
	}
}

// A stream that ends while no request is on it takes none until it is open again, and then one at a time.
func TestStreamsThatEndTakeNoRequests(t *testing.T) {
	t.Parallel()
	st := new(fakeStream)
	e := asksOn(t, st)
	g, q := e.g, e.g.requests
	q.opened(e)
	q.lost(e)
	q.take(g, request{due: clock.Now()})
	if st.sent != 0 || q.waiting() != 1 {
		t.Fatalf("%d requests were sent on a stream that has ended, and %d wait", st.sent, q.waiting())
	}
	q.opened(e)
	q.take(g, request{due: clock.Now()})
	if st.sent != 1 || q.waiting() != 1 {
		t.Errorf("%d requests were sent, and %d wait, want 1 and 1", st.sent, q.waiting())
	}
	e.answering.marked, e.answering.tokens = true, 1
	q.next(e, clock.Now(), e.endAnswer(nil, clock.Now()))
	if st.sent != 2 || q.waiting() != 0 {
		t.Errorf("%d requests were sent, and %d wait, want 2 and 0", st.sent, q.waiting())
	}
}

// checkUsers compares the counts of requests with those of the servers.
func checkUsers(t *testing.T, g *Group, users []*fakeUser, failing float64) {
	t.Helper()
	var n answerCounts
	var all uint64
	for _, u := range users {
		all += u.all
		for phase := range 2 {
			n.add(&u.e.answering.counts[phase])
		}
		if u.due != 0 && u.due < g.To {
			t.Errorf("a request that was due %d ns before the end of the steady phase was not sent", g.To-u.due)
		}
	}
	for phase := range 2 {
		n.add(&g.requests.counts[phase])
	}
	if n.requests != all+n.unasked || n.ended+n.cutOff != all || failing == 0 && n.ended != all || failing == 1 && n.cutOff != all {
		t.Errorf("the servers got %d requests; %+v", all, n)
	}
}
