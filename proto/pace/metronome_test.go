package pace_test

import (
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counter is a task that checks the contract of Task.
type counter struct {
	mu    sync.Mutex
	due   []int64
	early int
	done  int
	ended chan struct{}
}

func newCounter() *counter { return &counter{ended: make(chan struct{})} }

func (c *counter) Fire(due int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if clock.Now() < due {
		c.early++
	}
	c.due = append(c.due, due)
	return true
}

func (c *counter) Done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	if c.done == 1 {
		close(c.ended)
	}
}

func TestMetronomeFiresPlanInOrder(t *testing.T) {
	for _, spin := range []time.Duration{0, 60 * time.Microsecond} {
		m := pace.NewMetronome(spin)
		origin := clock.Now()
		profile := constant(4000, 50*time.Millisecond)
		tasks := make([]*counter, 5)
		for i := range tasks {
			tasks[i] = newCounter()
			m.Add(origin, pace.NewPlan(profile, pace.Poisson, 1, i, len(tasks)), tasks[i])
		}
		for i, c := range tasks {
			<-c.ended
			plan := pace.NewPlan(profile, pace.Poisson, 1, i, len(tasks))
			for n, due := range c.due {
				want, ok := plan.Next()
				if !ok || due != origin+int64(want) {
					t.Fatalf("task %d, message %d: fired for %d, want %d", i, n, due-origin, want)
				}
			}
			if _, more := plan.Next(); more || c.early > 0 || c.done != 1 {
				t.Fatalf("task %d: more planned %v, %d fired early, Done %d times", i, more, c.early, c.done)
			}
		}
		m.Close()
		m.Close()
	}
}

func TestMetronomeRemoveIsFinal(t *testing.T) {
	m := pace.NewMetronome(0)
	defer m.Close()
	c := newCounter()
	m.Add(clock.Now(), pace.NewPlan(constant(10_000, time.Hour), pace.Constant, 0, 0, 1), c)
	m.Remove(c)
	<-c.ended
	n := len(c.due)
	other := newCounter() // its end proves that the metronome ran on
	m.Add(clock.Now(), pace.NewPlan(constant(1000, 10*time.Millisecond), pace.Constant, 0, 0, 1), other)
	<-other.ended
	if len(c.due) != n || c.done != 1 {
		t.Fatalf("fired %d times after Remove, Done %d times", len(c.due)-n, c.done)
	}
	m.Remove(c)
}

func TestMetronomeCloseEndsTasks(t *testing.T) {
	m := pace.NewMetronome(0)
	c := newCounter()
	m.Add(clock.Now()+int64(time.Hour), pace.NewPlan(constant(1, time.Hour), pace.Constant, 0, 0, 1), c)
	m.Close()
	m.Remove(c)
	if c.done > 1 {
		t.Fatalf("Done %d times", c.done)
	}
}

func TestMetronomeClear(t *testing.T) {
	m := pace.NewMetronome(0)
	defer m.Close()
	for range 3 {
		tasks := []*counter{newCounter(), newCounter()}
		for _, c := range tasks {
			m.Add(clock.Now(), pace.NewPlan(constant(1000, time.Hour), pace.Constant, 0, 0, 1), c)
		}
		m.Clear(func(pace.Task) bool { return true })
		for _, c := range tasks {
			<-c.ended
			m.Remove(c) // and nothing fires afterwards
			if c.done != 1 {
				t.Fatalf("Done %d times", c.done)
			}
		}
	}
}

// A sleeping metronome applies changes at once. Otherwise each would take a second, and
// the test minutes.
func TestMetronomeWakes(t *testing.T) {
	m := pace.NewMetronome(60 * time.Microsecond)
	far := newCounter()
	m.Add(clock.Now()+int64(time.Hour), pace.NewPlan(constant(1, time.Hour), pace.Constant, 0, 0, 1), far)
	for i := range int64(500) {
		c := newCounter()
		due := clock.Now() + i%5*100_000
		m.At(due, c)
		<-c.ended
		if len(c.due) != 1 || c.due[0] != due || c.early > 0 || c.done != 1 {
			t.Fatalf("fired for %v, want %d; %d early, Done %d times", c.due, due, c.early, c.done)
		}
		c = newCounter()
		m.At(clock.Now()+int64(time.Hour), c)
		m.Remove(c)
		if len(c.due) > 0 || c.done != 1 {
			t.Fatalf("fired for %v, Done %d times though removed", c.due, c.done)
		}
	}
	m.Close()
	if far.done != 1 {
		t.Errorf("Done %d times after Close", far.done)
	}
	c := newCounter()
	m.At(0, c)
	if len(c.due) > 0 || c.done != 1 {
		t.Errorf("fired for %v, Done %d times on a closed metronome", c.due, c.done)
	}
}
