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

// paused is the reason for which a generator that is starved of CPU for long may have no other:
// a pause explains the times that it spoils.
const paused = "the generator did not run for "

// wantReason fails unless the run has a finding with one of the reasons. A busy machine may add
// others.
func wantReason(t *testing.T, r *result.Repetition, oneOf ...string) {
	t.Helper()
	if r.Validity.Word() == "" || !hasReason(r, oneOf...) {
		t.Errorf("%s %q, want one of the reasons %q", r.Validity.Word(), r.Validity.Reasons(), oneOf)
	}
}

func hasReason(r *result.Repetition, oneOf ...string) bool {
	return slices.ContainsFunc(r.Validity.Reasons(), func(s string) bool {
		return slices.ContainsFunc(oneOf, func(reason string) bool { return strings.Contains(s, reason) })
	})
}

// undisturbed repeats a run in which the generator paused, up to four times: the pause spoils the
// times in which the fault would show.
func undisturbed(t *testing.T, opts Options, text string) *result.Repetition {
	t.Helper()
	for range 4 {
		if r := runOne(t, opts, text); !hasReason(r, paused) {
			return r
		}
	}
	return runOne(t, opts, text)
}

const steadyEcho = "{name: x, protocols: tcp, pattern: echo, load: {rate: 1k/s, connections: 4}, phases: {warmup: 100ms, steady: 1s}}"

// Delays of about 50 ms dwarf those of the machine, so this usually holds on a busy machine too.
// The delays differ, and messages of a Poisson stream sometimes queue, so that the slowest
// messages do not depend on the machine's worst moment. Runs during which a sleeping thread woke
// late do not count.
func TestHealthyRunIsValid(t *testing.T) {
	for arrivals, c := range map[string]struct{ fault, load string }{
		"constant": {"uniform=20ms..80ms", "connections: 400"},
		"poisson":  {"delay=50ms", "connections: 800, arrivals: poisson"},
	} {
		text := strings.NewReplacer("connections: 4", c.load, "warmup: 100ms", "warmup: 400ms").Replace(steadyEcho)
		quiet := 0 // runs on a quiet machine
		for range 3 {
			lateness := watchSleep()
			r := runOne(t, Options{Server: withFault(t, c.fault)}, text)
			late := lateness()
			if r.Validity.Word() == "" {
				quiet = 0
				break
			}
			t.Logf("%s arrivals, once more: a sleeping thread was late by %v; %s %q", arrivals, late, r.Validity.Word(), r.Validity.Reasons())
			if late < 5*time.Millisecond {
				quiet++
			}
		}
		if quiet > 2 {
			t.Errorf("%s arrivals: never valid, %d times on a quiet machine", arrivals, quiet)
		}
	}
}

// watchSleep makes a thread sleep until the returned function is called, which returns its
// largest lateness.
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

func TestStarvedGeneratorIsNotValid(t *testing.T) {
	startBurners(t, 4*runtime.NumCPU())
	r := runOne(t, Options{Server: withFault(t, "")},
		"{name: x, protocols: tcp, pattern: echo, load: {model: closed, connections: 256}, phases: {warmup: 100ms, steady: 1s}}")
	wantReason(t, r, "the generator read slowly", paused)
}

func TestStalledServerLeavesFewIndependentMessages(t *testing.T) {
	t.Parallel()
	r := undisturbed(t, Options{Server: withFault(t, "stall=300ms/1s")}, steadyEcho)
	wantReason(t, r, "autocorrelated messages")
	if at, known := r.Percentile(99); known {
		t.Errorf("p99 of one stall is %v", at)
	}
}

func TestLossyServerMissesPlan(t *testing.T) {
	t.Parallel()
	r := undisturbed(t, Options{Server: withFault(t, "lose=10")}, steadyEcho)
	wantReason(t, r, "90.0 % of the planned messages were measured")
	if r.Validity.Discarded {
		t.Errorf("discarded, although the load was generated: %q", r.Validity.Reasons())
	}
}

// The server handles 500 messages/s on each of two streams, and the load is higher.
func TestGrowingQueueIsNoSteadyState(t *testing.T) {
	t.Parallel()
	r := undisturbed(t, Options{Server: withFault(t, "delay=2ms")}, `{name: x, protocols: tcp, pattern: echo, phases: {warmup: 100ms, steady: 1s, drain: 10s},
  load: {rate: 2k/s, connections: 2}}`)
	wantReason(t, r, "no steady state")
	if r.Series.Correlation < 0.9 {
		t.Errorf("neighbours correlate by %.2f, want nearly 1 in a growing queue", r.Series.Correlation)
	}
}

// A hog is a pace.Task that blocks the pacer's thread for a while.
type hog struct{ took time.Duration }

func (h hog) Fire(int64) bool {
	for end := clock.Now() + int64(h.took); clock.Now() < end; {
	}
	return true
}
func (hog) Done() {}

func TestSlowPacerIsNotValid(t *testing.T) {
	opts := Options{Server: withFault(t, ""), onPacing: func(ms []*pace.Metronome) {
		for _, m := range ms {
			m.Add(clock.Now(), pace.NewPlan(pace.Profile{{Duration: 10 * time.Second, From: 100, To: 100}}, pace.Constant, 0, 0, 1), hog{6 * time.Millisecond})
		}
	}}
	for _, arrivals := range []string{"constant", "poisson"} {
		r := runOne(t, opts, strings.Replace(steadyEcho, "connections: 4", "connections: 1, arrivals: "+arrivals, 1))
		wantReason(t, r, "messages were sent late")
	}
}

// Goroutines that never yield keep the receivers from running.
func TestBusySchedulerIsNotValid(t *testing.T) {
	var stop atomic.Bool
	for range 4 * runtime.GOMAXPROCS(0) {
		go func() {
			for !stop.Load() {
			}
		}()
	}
	defer stop.Store(true)
	// Bursts need three seconds for enough independent messages.
	r := runOne(t, Options{Server: withFault(t, "")}, strings.Replace(steadyEcho, "steady: 1s", "steady: 3s", 1))
	wantReason(t, r, "the generator read slowly", "messages were sent late", paused)
}

// A large copy cannot be interrupted, so the collector waits for it with everything else stopped.
func TestLongGCPausesAreNotValid(t *testing.T) {
	var stop atomic.Bool
	from, to := make([]byte, 256<<20), make([]byte, 256<<20)
	// About 50 ms. Under the race detector as much takes seconds, and a pause longer than the
	// steady phase is not inside it.
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
	wantReason(t, r, "garbage collection stopped the generator", paused)
}
