package pace_test

import (
	"sync/atomic"
	"testing"
	"time"

	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

// A holding task is blocked until another task has fired all its messages.
type holding struct {
	*counter
	until *counter
	asked int
}

func (h *holding) Blocked() bool {
	h.asked++
	select {
	case <-h.until.ended:
		return false
	default:
		return true
	}
}

// A blocked task delays no other and misses no message of its plan.
func TestBlockedTaskDelaysNoOther(t *testing.T) {
	m := pace.NewMetronome(0)
	defer m.Close()
	profile := constant(1000, 50*time.Millisecond)
	origin := clock.Now()
	free := newCounter()
	h := &holding{counter: newCounter(), until: free}
	m.Add(origin, pace.NewPlan(profile, pace.Constant, 0, 0, 2), h)
	m.Add(origin, pace.NewPlan(profile, pace.Constant, 0, 1, 2), free)
	<-h.ended
	if len(free.due) != 25 || len(h.due) != 25 {
		t.Fatalf("%d and %d messages were fired, want 25 of each", len(free.due), len(h.due))
	}
	for i, due := range h.due {
		if want := origin + int64(i)*int64(2*time.Millisecond); due != want {
			t.Errorf("message %d was due at %d, want %d", i, due-origin, want-origin)
		}
	}
	if h.asked <= 25 {
		t.Errorf("Blocked was called %d times and never true", h.asked)
	}
}

// An other is a Waiter that always has work, which takes a while.
type other struct {
	pace    func() int // messages fired so far
	waits   int
	since   int // messages fired at the last Wait
	longest int // messages fired without a Wait
	closed  atomic.Int32
}

func (o *other) Wait(int64, int64) bool {
	o.waits++
	fired := o.pace()
	o.longest, o.since = max(o.longest, fired-o.since), fired
	for end := clock.Now() + 50_000; clock.Now() < end; {
	}
	return true
}

func (o *other) Wake()  {}
func (o *other) Close() { o.closed.Add(1) }

// Neither overdue messages nor endless other work starves the other.
func TestMetronomeStarvesNeitherWork(t *testing.T) {
	for name, rate := range map[string]float64{"behind": 1e7, "ahead": 1e3} {
		o := &other{}
		c := newCounter()
		o.pace = func() int { return len(c.due) } // on the same thread
		m := pace.NewMetronomeOn(o, 60*time.Microsecond)
		n := int(min(rate, 1e5) / 20)
		m.Add(clock.Now(), pace.NewPlan(constant(rate, time.Duration(float64(n)/rate*1e9)), pace.Constant, 0, 0, 1), c)
		<-c.ended
		m.Close()
		if len(c.due) < n-1 || c.early > 0 {
			t.Errorf("%s: %d messages of %d were fired, %d early", name, len(c.due), n, c.early)
		}
		if o.longest > 16 || o.waits == 0 || o.closed.Load() != 1 {
			t.Errorf("%s: asked %d times, once after %d messages; closed %d times", name, o.waits, o.longest, o.closed.Load())
		}
	}
}
