//go:build linux

package loadgen

import (
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rtbench/proto/clock"
	"rtbench/proto/pace"
	"rtbench/report/result"
)

// provoked fails unless the run is not VALID, for that reason among others: a
// busy machine may add its own.
func provoked(t *testing.T, r *result.Repetition, reason string) {
	t.Helper()
	has := slices.ContainsFunc(r.Validity.Reasons, func(s string) bool { return strings.Contains(s, reason) })
	if r.Validity.Verdict == result.Valid || !has {
		t.Errorf("%s %q, want the reason %q", r.Validity.Verdict, r.Validity.Reasons, reason)
	}
}

const steadyEcho = "{name: x, protocols: tcp, pattern: echo, load: {rate: 1k/s, connections: 4}, phases: {warmup: 100ms, steady: 1s}}"

// Delays of some 50 ms make what the machine adds small beside them, so that this
// holds on a busy machine too; but a machine can be arbitrarily busy. That they
// differ, or that a Poisson stream's messages now and then wait for one another,
// lets that decide which are the slowest, and not the machine's one worst moment. A run says
// nothing if a thread that only sleeps was late meanwhile: then the machine was busy.
func TestAHealthyRunIsValid(t *testing.T) {
	for arrivals, c := range map[string]struct{ fault, load string }{
		"constant": {"uniform=20ms..80ms", "connections: 400"},
		"poisson":  {"delay=50ms", "connections: 800, arrivals: poisson"},
	} {
		text := strings.NewReplacer("connections: 4", c.load, "warmup: 100ms", "warmup: 400ms").Replace(steadyEcho)
		quiet := 0 // runs that were not valid although the machine was quiet
		for range 3 {
			lateness := watchSleep()
			r := runOne(t, Options{Server: withFault(t, c.fault)}, text)
			late := lateness()
			if r.Validity.Verdict == result.Valid {
				quiet = 0
				break
			}
			t.Logf("%s arrivals, once more: a sleeping thread was late by %v; %s %q", arrivals, late, r.Validity.Verdict, r.Validity.Reasons)
			if late < 5*time.Millisecond {
				quiet++
			}
		}
		if quiet > 2 {
			t.Errorf("%s arrivals: never valid, %d times on a quiet machine", arrivals, quiet)
		}
	}
}

// watchSleep has a thread sleep until the returned function is called, which returns how late
// it woke at worst.
func watchSleep() (lateness func() time.Duration) {
	var stop atomic.Bool
	worst := make(chan time.Duration)
	go func() {
		runtime.LockOSThread()
		var most time.Duration
		for !stop.Load() {
			began := time.Now()
			_ = syscall.Nanosleep(&syscall.Timespec{Nsec: 1e6}, nil)
			most = max(most, time.Since(began)-time.Millisecond)
		}
		worst <- most
	}()
	return func() time.Duration {
		stop.Store(true)
		return <-worst
	}
}

func TestAStarvedGeneratorIsNotValid(t *testing.T) {
	burners(t, 4*runtime.NumCPU())
	r := runOne(t, Options{Server: withFault(t, "")},
		"{name: x, protocols: tcp, pattern: echo, load: {model: closed, connections: 256}, phases: {warmup: 100ms, steady: 1s}}")
	provoked(t, r, "the generator's threads waited for a core")
}

func TestAStalledServerLeavesFewIndependentMessages(t *testing.T) {
	t.Parallel()
	r := runOne(t, Options{Server: withFault(t, "stall=300ms/1s")}, steadyEcho)
	provoked(t, r, "autocorrelated messages")
	if at, known := r.Percentile(99); known {
		t.Errorf("p99 of one stall is said to be %v", at)
	}
}

func TestALossyServerFallsShortOfThePlan(t *testing.T) {
	t.Parallel()
	r := runOne(t, Options{Server: withFault(t, "lose=10")}, steadyEcho)
	provoked(t, r, "90.0 % of the planned messages were measured")
	if r.Validity.Verdict != result.Suspect {
		t.Errorf("%s, want SUSPECT: the load was generated", r.Validity.Verdict)
	}
}

// The server can do 500 a second on each of two streams, and is asked for more.
func TestAGrowingQueueIsNoSteadyState(t *testing.T) {
	t.Parallel()
	r := runOne(t, Options{Server: withFault(t, "delay=2ms")}, `{name: x, protocols: tcp, pattern: echo, phases: {warmup: 100ms, steady: 1s, drain: 10s},
  load: {rate: 2k/s, connections: 2}}`)
	provoked(t, r, "no steady state")
	if r.Series.Correlation < 0.9 {
		t.Errorf("neighbours correlate by %.2f, want nearly 1 in a growing queue", r.Series.Correlation)
	}
}

// A hog is a pace.Task that keeps the pacer's thread for a while.
type hog struct{ took time.Duration }

func (h hog) Fire(int64) bool {
	for end := clock.Now() + int64(h.took); clock.Now() < end; {
	}
	return true
}
func (hog) Done() {}

func TestASlowPacerIsNotValid(t *testing.T) {
	opts := Options{Server: withFault(t, ""), onPacing: func(ms []*pace.Metronome) {
		for _, m := range ms {
			m.Add(clock.Now(), pace.NewPlan(pace.Profile{{Duration: 10 * time.Second, From: 100, To: 100}}, pace.Constant, 0, 0, 1), hog{6 * time.Millisecond})
		}
	}}
	for _, arrivals := range []string{"constant", "poisson"} {
		r := runOne(t, opts, strings.Replace(steadyEcho, "connections: 4", "connections: 1, arrivals: "+arrivals, 1))
		provoked(t, r, "the sender was late")
		provoked(t, r, "the messages sent do not follow the plan")
	}
}

// Goroutines that never yield keep the receivers from running.
func TestABusySchedulerIsNotValid(t *testing.T) {
	var stop atomic.Bool
	for range 4 * runtime.GOMAXPROCS(0) {
		go func() {
			for !stop.Load() {
			}
		}()
	}
	defer stop.Store(true)
	// Three seconds, so that enough of what comes in bursts is independent.
	r := runOne(t, Options{Server: withFault(t, "")}, strings.Replace(steadyEcho, "steady: 1s", "steady: 3s", 1))
	provoked(t, r, "the generator's scheduler can explain the ")
}

// A large copy cannot be interrupted, so collection has to wait for it with all
// else stopped.
func TestLongPausesOfCollectionAreNotValid(t *testing.T) {
	var stop atomic.Bool
	from, to := make([]byte, 256<<20), make([]byte, 256<<20)
	// Some 50 ms of it: under the race detector as much takes seconds, and a pause that
	// is longer than the steady phase is not within it.
	began := clock.Now()
	copy(to, from[:16<<20])
	n := min(len(from), int(16<<20*50e6/float64(max(1, clock.Now()-began))))
	from = from[:n]
	ended := make(chan struct{}, 2)
	for _, work := range []func(){func() { copy(to, from) }, runtime.GC} {
		go func() {
			defer func() { ended <- struct{}{} }()
			for !stop.Load() {
				work()
			}
		}()
	}
	r := runOne(t, Options{Server: withFault(t, "")}, steadyEcho)
	stop.Store(true)
	<-ended
	<-ended
	provoked(t, r, "garbage collection stopped the generator")
}
