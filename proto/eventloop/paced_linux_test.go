package eventloop_test

import (
	"errors"
	"net"
	"runtime"
	"testing"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
	"rtbench/proto/eventloop/eventlooptest"
	"rtbench/proto/framing"
	"rtbench/proto/pace"
)

// A planned task sends on a paced loop's Conn, as the load generator does.
type planned struct {
	c    *eventloop.Conn
	p    []byte
	sent int
	err  error
	done chan struct{}
}

func (s *planned) Blocked() bool { return !s.c.Writable() }

func (s *planned) Fire(int64) bool {
	if s.err = s.c.Send(s.p); s.err == nil {
		s.sent++
	}
	return s.err == nil
}

func (s *planned) Done() { close(s.done) }

// paced sends messages of 4 KiB every microsecond on a paced loop.
func paced(t *testing.T, nc net.Conn, h proto.Handler, n int) (*planned, *pace.Metronome) {
	t.Helper()
	l, m, err := eventloop.NewPaced(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close(); l.Close() })
	s := &planned{c: eventloop.NewConn(nc, framing.TCP{}, nil), p: make([]byte, 4<<10), done: make(chan struct{})}
	if err := s.c.Drive(l, h); err != nil {
		t.Fatal(err)
	}
	profile := pace.Profile{{Duration: time.Duration(n) * time.Microsecond, From: 1e6, To: 1e6}}
	m.Add(clock.Now(), pace.NewPlan(profile, pace.Constant, 0, 0, 1), s)
	return s, m
}

// One thread sends faster than the peer reads and also receives the replies: it must not
// block in either.
func TestPacedLoopSendsAndReceives(t *testing.T) {
	const n = 5000
	a, b := eventlooptest.Pair(t)
	server := &returner{eventloop.NewConn(b, framing.TCP{}, nil), make(chan error, 2)}
	server.c.PauseReads = true
	if err := server.c.Drive(eventlooptest.NewLoop(t), server); err != nil {
		t.Fatal(err)
	}
	got := newCollector()
	s, m := paced(t, a, got, n)
	<-s.done
	for range n {
		<-got.messages
	}
	m.Close()
	if err := <-got.ended; s.sent != n || !errors.Is(err, net.ErrClosed) || len(got.ended) > 0 {
		t.Errorf("%d of %d sent, %v; the end is %v", s.sent, n, s.err, err)
	}
}

// Close frees a task that is blocked by a peer that does not read.
func TestCloseFreesBlockedTask(t *testing.T) {
	a, _ := eventlooptest.Pair(t)
	h := newCollector()
	s, _ := paced(t, a, h, 1_000_000)
	for s.c.Writable() {
		runtime.Gosched()
	}
	_ = s.c.Close()
	<-s.done
	if err := <-h.ended; !errors.Is(err, net.ErrClosed) || !errors.Is(s.err, net.ErrClosed) {
		t.Errorf("the task got %v, the handler %v", s.err, err)
	}
}
