package script

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
	"rtbench/scenarios/template"
)

func ping(t testing.TB) Answer {
	return Answer{To: *contains("ping"), Format: compile(t, "pong {{.Stream}}")}
}

// Pings are answered from the first step on, also between a message and the step that expects it, and are neither replies
// nor unmatched.
func TestAnswers(t *testing.T) {
	var answered atomic.Int32
	s := &Script{
		Match: MatchOrder, Messages: []template.Format{compile(t, "x")}, Answers: []Answer{ping(t)},
		Opening: []Step{{Do: "expect", Condition: contains("welcome")}},
	}
	p := newPipe()
	p.in <- "ping 1"
	p.in <- "welcome"
	place := Alone(1, 3)
	place.Answered = func() { answered.Add(1) }
	session := s.NewSession(call, place, nil)
	if err := session.Open(context.Background(), &driver.Stream{Conn: p}); err != nil {
		t.Fatal(err)
	}
	if got := <-p.out; got != "pong 1" {
		t.Errorf("sent %q, expected pong 1", got)
	}
	if _, err := session.Encode(proto.Header{}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text string
		want codec.Outcome
	}{{"ping 2", codec.None}, {"reply", codec.Intact}, {"ping 3", codec.None}} {
		if _, o, _ := session.Decode([]byte(c.text), clock.Now()); o != c.want {
			t.Errorf("%s: outcome %d, expected %d", c.text, o, c.want)
		}
	}
	for range 2 {
		if got := <-p.out; got != "pong 1" {
			t.Errorf("sent %q, expected pong 1", got)
		}
	}
	if err := session.Close(); err != nil || answered.Load() != 3 {
		t.Errorf("%d answers, %v; expected 3", answered.Load(), err)
	}
}

// A server that accepts nothing delays neither the receiver nor Close.
func TestAnswersDoNotBlock(t *testing.T) {
	p := newPipe()
	p.waits = true
	session := (&Script{Answers: []Answer{ping(t)}}).NewSession(call, Alone(1, 3), nil)
	if err := session.Open(context.Background(), &driver.Stream{Conn: p}); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		session.Decode([]byte("ping"), clock.Now())
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
}

// A heartbeat leaves at each interval from the end of the opening until Close.
func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var times []time.Duration
		start := time.Now()
		place := Alone(1, 3)
		place.Beat = func() { times = append(times, time.Since(start)) }
		s := &Script{
			Heartbeat: &Heartbeat{Every: time.Second, Format: compile(t, "beat")},
			Opening:   []Step{{Do: "wait", Condition: contains("welcome")}},
		}
		p := newPipe()
		session := s.NewSession(call, place, nil)
		time.AfterFunc(2500*time.Millisecond, func() { p.in <- "welcome" })
		if err := session.Open(context.Background(), &driver.Stream{Conn: p}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3200 * time.Millisecond)
		if err := session.Close(); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		if want := []time.Duration{3500 * time.Millisecond, 4500 * time.Millisecond, 5500 * time.Millisecond}; !slices.Equal(times, want) {
			t.Errorf("heartbeats at %v, expected %v", times, want)
		}
		if len(p.out) != 3 {
			t.Errorf("%d messages sent, expected 3", len(p.out))
		}
	})
}

// A fragileConn allows one sender at a time, and none after the end.
type fragileConn struct {
	*pipe
	sending atomic.Bool
	end     atomic.Bool
	faults  atomic.Int32
}

func (c *fragileConn) Send([]byte) error {
	if !c.sending.CompareAndSwap(false, true) {
		c.faults.Add(1)
	}
	defer c.sending.Store(false)
	if c.end.Load() {
		return errors.New("after the end")
	}
	return nil
}

func (c *fragileConn) CloseSend() error {
	if c.sending.Load() {
		c.faults.Add(1)
	}
	c.end.Store(true)
	return nil
}

func (c *fragileConn) CloseWith(int) error { return c.CloseSend() }

// Sender, answers and heartbeats take turns on a connection that allows one sender.
func TestBackgroundTakesTurns(t *testing.T) {
	s := &Script{Answers: []Answer{ping(t)}, Heartbeat: &Heartbeat{Every: time.Microsecond, Format: compile(t, "beat")}}
	c := &fragileConn{pipe: newPipe()}
	st := &driver.Stream{Conn: c, Codes: c}
	session := s.NewSession(call, Alone(1, 3), nil)
	if err := session.Open(context.Background(), st); err != nil {
		t.Fatal(err)
	}
	var both sync.WaitGroup
	both.Go(func() {
		for range 2000 {
			session.Decode([]byte("ping"), clock.Now())
		}
	})
	for range 2000 {
		if err := st.Send([]byte("x")); err != nil {
			t.Error(err)
		}
	}
	both.Wait()
	if err := st.Codes.CloseWith(4000); err != nil {
		t.Error(err)
	}
	if err := session.Close(); err != nil || c.faults.Load() > 0 {
		t.Errorf("%d faults, %v", c.faults.Load(), err)
	}
}
