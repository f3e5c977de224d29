package pace_test

import (
	"math"
	"sort"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func constant(rate float64, d time.Duration) pace.Profile {
	return pace.Profile{{Duration: d, From: rate, To: rate}}
}

func TestCountInvertsTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p pace.Profile
		for range rapid.IntRange(1, 4).Draw(t, "segments") {
			p = append(p, pace.Segment{
				Duration: time.Duration(rapid.Int64Range(1e6, 1e10).Draw(t, "duration")),
				From:     rapid.Float64Range(0.5, 1e5).Draw(t, "from"), To: rapid.Float64Range(0.5, 1e5).Draw(t, "to"),
			})
		}
		n := rapid.Float64Range(0, 1).Draw(t, "part") * p.Count(p.Length()) * 0.999999
		at, ok := p.Time(n)
		if !ok {
			t.Fatalf("arrival %v of %v is never due", n, p.Count(p.Length()))
		}
		// Time rounds to nanoseconds; at the highest rate that is 1e-4 arrivals.
		if got := p.Count(at); math.Abs(got-n) > 1e-3+1e-9*n {
			t.Fatalf("Count(Time(%v)) = %v", n, got)
		}
	})
}

func TestRampIsExact(t *testing.T) {
	// From 0 to 1000/s in 10 s: the integral is 50·t², so arrival n is due at √(n/50).
	p := pace.Profile{{Duration: 10 * time.Second, From: 0, To: 1000}}
	if n := p.Count(p.Length()); n != 5000 {
		t.Fatalf("%v arrivals, want 5000", n)
	}
	for _, n := range []float64{1, 50, 1250, 4999} {
		at, _ := p.Time(n)
		want := time.Duration(math.Sqrt(n/50) * 1e9)
		if d := (at - want).Abs(); d > 1 {
			t.Errorf("arrival %v is due at %v, want %v", n, at, want)
		}
	}
}

// Ramps may begin at 0, pause and end at 0: the plan has the integral of the rate, and
// nothing is due in a pause.
func TestRampsWithPauses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zeroOrRate := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(1e-3, 2e3))
		var p pace.Profile
		for range rapid.IntRange(1, 6).Draw(t, "segments") {
			p = append(p, pace.Segment{
				Duration: time.Duration(rapid.Int64Range(1e6, 2e9).Draw(t, "duration")),
				From:     zeroOrRate.Draw(t, "from"), To: zeroOrRate.Draw(t, "to"),
			})
		}
		streams := rapid.IntRange(1, 4).Draw(t, "streams")
		var planned uint64
		for share := range streams {
			plan := pace.NewPlan(p, pace.Constant, 0, share, streams)
			before := time.Duration(0)
			for due, ok := plan.Next(); ok; due, ok = plan.Next() {
				if planned++; due < before || due > p.Length() || inPause(p, due) {
					t.Fatalf("a message of %v is due at %v, after one at %v", p, due, before)
				}
				before = due
			}
		}
		want := p.Count(p.Length())
		if d := float64(planned) - want; d < -1e-6 || d >= 1+1e-6 { // arrival 0 is due at once
			t.Fatalf("%v plans %d messages, its rate integrates to %v", p, planned, want)
		}
		if got := p.CountAt(int64(p.Length())); math.Abs(got-want) > 1e-9*(1+want) {
			t.Fatalf("CountAt the end of %v is %v, want %v", p, got, want)
		}
	})
}

// inPause reports whether at is inside a pause, excluding its ends, which rounding may
// reach.
func inPause(p pace.Profile, at time.Duration) bool {
	var start time.Duration
	for _, s := range p {
		if s.From == 0 && s.To == 0 && at > start+1 && at < start+s.Duration {
			return true
		}
		start += s.Duration
	}
	return false
}

// A pause interrupts a flat rate.
func TestProfileWithAPauseIsNotFlat(t *testing.T) {
	for _, p := range []pace.Profile{
		{{Duration: time.Second}, {Duration: time.Second, From: 100, To: 100}},
		{{Duration: time.Second, From: 100, To: 100}, {Duration: time.Second}},
		{{Duration: time.Second}},
	} {
		if rate, flat := p.FlatIn(0, int64(p.Length())); flat {
			t.Errorf("%v is flat at %v/s", p, rate)
		}
	}
	p := pace.Profile{{Duration: time.Second}, {Duration: time.Second, From: 100, To: 100}}
	if rate, flat := p.FlatIn(1e9, 2e9); !flat || rate != 100 {
		t.Errorf("the second half of %v: %v/s, flat %v", p, rate, flat)
	}
}

func TestSharesInterleaveWithoutDrift(t *testing.T) {
	const rate, streams, seconds = 70_000, 7, 20
	p := constant(rate, seconds*time.Second)
	plans := make([]*pace.Plan, streams)
	for i := range plans {
		plans[i] = pace.NewPlan(p, pace.Constant, 0, i, streams)
	}
	for n := range rate * seconds {
		due, ok := plans[n%streams].Next()
		if want := int64(math.Round(float64(n) * 1e9 / rate)); !ok || int64(due)-want > 1 || want-int64(due) > 1 {
			t.Fatalf("message %d is due at %d, %v; want %d", n, due, ok, want)
		}
	}
	for i, plan := range plans {
		if due, ok := plan.Next(); ok {
			t.Fatalf("stream %d has a message at %v, after the end", i, due)
		}
	}
}

// The gaps of superposed Poisson plans are exponential: Kolmogorov-Smirnov against
// 1−exp(−λt), at a level of 0.1 % (1.95/√n), with a fixed seed.
func TestPoissonPlansSuperpose(t *testing.T) {
	const rate, streams = 10_000, 8
	var due []float64
	for i := range streams {
		plan := pace.NewPlan(constant(rate, 2*time.Second), pace.Poisson, 42, i, streams)
		for d, ok := plan.Next(); ok; d, ok = plan.Next() {
			due = append(due, d.Seconds())
		}
	}
	sort.Float64s(due)
	n := float64(len(due))
	if sigma := math.Sqrt(2 * rate); math.Abs(n-2*rate) > 4*sigma {
		t.Fatalf("%v arrivals, want %d ± %.0f", n, 2*rate, 4*sigma)
	}
	gaps := make([]float64, len(due)-1)
	for i := range gaps {
		gaps[i] = due[i+1] - due[i]
	}
	sort.Float64s(gaps)
	worst := 0.0
	for i, g := range gaps {
		expected := 1 - math.Exp(-rate*g)
		worst = max(worst, math.Abs(float64(i)/n-expected), math.Abs(float64(i+1)/n-expected))
	}
	if worst > 1.95/math.Sqrt(n) {
		t.Fatalf("gaps are %v away from exponential", worst)
	}
}

func TestCountPlanned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := pace.Profile{{Duration: time.Second, From: rapid.Float64Range(1, 5e3).Draw(t, "from"), To: rapid.Float64Range(1, 5e3).Draw(t, "to")}}
		a := rapid.SampledFrom([]pace.Arrivals{pace.Constant, pace.Poisson}).Draw(t, "arrivals")
		cut := time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "cut"))
		count := func(from, to time.Duration) uint64 { return pace.NewPlan(p, a, 3, 1, 4).CountPlanned(from, to) }
		if count(0, cut)+count(cut, time.Second) != count(0, time.Second) {
			t.Fatal("the parts do not add up to the whole")
		}
	})
}

func FuzzParseProfile(f *testing.F) {
	f.Add("1000000000:100:200,5:0:0")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := pace.ParseProfile(text)
		if err != nil {
			return
		}
		again, err := pace.ParseProfile(p.String())
		if err != nil || again.String() != p.String() {
			t.Fatalf("%q does not survive: %v", text, err)
		}
		if n := p.Count(p.Length()); math.IsNaN(n) || n < 0 {
			t.Fatalf("%q has %v arrivals", text, n)
		}
	})
}

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
		m.Clear()
		for _, c := range tasks {
			<-c.ended
			m.Remove(c) // and nothing fires afterwards
			if c.done != 1 {
				t.Fatalf("Done %d times", c.done)
			}
		}
	}
}

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

// lags records the lag of each message.
type lags struct {
	late  []int64
	ended chan struct{}
}

func (l *lags) Fire(due int64) bool {
	l.late = append(l.late, clock.Now()-due)
	return true
}

func (l *lags) Done() { close(l.ended) }

// BenchmarkLag measures the lag of one thread in nanoseconds, median and p99.
func BenchmarkLag(b *testing.B) {
	for name, rate := range map[string]float64{"1k": 1e3, "10k": 1e4, "100k": 1e5} {
		b.Run(name, func(b *testing.B) {
			length := time.Duration(float64(max(b.N, 1000)) / rate * 1e9)
			l := &lags{late: make([]int64, 0, max(b.N, 1000)+1), ended: make(chan struct{})}
			m := pace.NewMetronome(60 * time.Microsecond)
			defer m.Close()
			m.Add(clock.Now()+1e7, pace.NewPlan(constant(rate, length), pace.Constant, 0, 0, 1), l)
			<-l.ended
			sort.Slice(l.late, func(i, j int) bool { return l.late[i] < l.late[j] })
			b.ReportMetric(float64(l.late[len(l.late)/2]), "lag-p50-ns")
			b.ReportMetric(float64(l.late[len(l.late)*99/100]), "lag-p99-ns")
		})
	}
}

// A free task is always due: it measures the metronome's own cost.
type freeTask struct {
	left int
	done chan struct{}
}

func (f *freeTask) Fire(int64) bool { f.left--; return f.left > 0 }
func (f *freeTask) Done()           { close(f.done) }

// The pacer's cost per message with a thousand streams.
func BenchmarkFire(b *testing.B) {
	const streams = 1000
	m := pace.NewMetronome(0)
	defer m.Close()
	profile := constant(1e9, time.Hour)
	tasks := make([]*freeTask, streams)
	b.ReportAllocs()
	for i := range tasks {
		tasks[i] = &freeTask{left: b.N/streams + 1, done: make(chan struct{})}
	}
	origin := clock.Now() - int64(time.Hour)
	for i, t := range tasks {
		m.Add(origin, pace.NewPlan(profile, pace.Constant, 0, i, streams), t)
	}
	for _, t := range tasks {
		<-t.done
	}
}
