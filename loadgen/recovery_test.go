//go:build linux

package loadgen

import (
	"context"
	"math"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/proto"
	"rtbench/proto/pace"
	"rtbench/proto/record"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

// One worker that takes D for each message leaves (r − 1/D)·T messages of an overload of rate r for T, and needs
// backlog/(1/D − rate) for them at the rate after it. queueMet is when a message waits for longestWait at most.
const (
	workerRate, overloadRate, rateAfter, longestWait = 200.0, 400.0, 50.0, 0.1
	queueLeft                                        = overloadRate - workerRate // in a second
	queueDrains                                      = queueLeft / (workerRate - rateAfter)
	queueMet                                         = (queueLeft - workerRate*(longestWait-1/workerRate)) / (workerRate - rateAfter)
	queueObjective                                   = "max < 100ms && failed_rate < 1%"
)

// A queue without noise recovers when its closed form says, to the distance of two messages and a slot.
func TestRecoveryOfQueue(t *testing.T) {
	t.Parallel()
	const slot, watched = 5 * time.Millisecond, 2
	w := pace.Window{To: int64((1 + watched) * time.Second)}
	planned := make([]uint64, (1+watched)*time.Second/slot)
	var due []int64
	for i := range int(overloadRate) {
		due = append(due, int64(float64(i)*1e9/overloadRate))
	}
	for i := range int(watched * rateAfter) {
		due = append(due, int64(1e9+float64(i)*1e9/rateAfter))
	}
	for _, at := range due {
		planned[at/int64(slot)]++
	}
	course, sink := record.NewCourse(w, time.Second, slot, planned), record.NewSink(w)
	sink.Follow(course)
	r, free := record.NewRecorder(sink), 0.0
	for _, at := range due {
		free = max(free, float64(at)) + 1e9/workerRate
		r.Record(proto.Header{Intended: at, Sent: at}, int64(free))
	}
	r.Flush()
	s := parse(t, "{name: x, pattern: echo, load: {rate: 1/s}, thresholds: '"+queueObjective+"'}")
	again, unknown := metAgain(course, s.Thresholds, 200*time.Millisecond)
	const tolerance = 2/rateAfter + 0.005
	for name, v := range map[string]struct {
		got  *time.Duration
		want float64
	}{"drained": {drained(course, course.Backlog()), queueDrains}, "met": {again, queueMet}} {
		if v.got == nil || math.Abs(v.got.Seconds()-v.want) > tolerance {
			t.Errorf("%s after %v, want %.3f s; %s", name, v.got, v.want, unknown)
		}
	}
}

// A server that delays each message recovers no earlier than that. Nothing makes it faster, so all are lower bounds on a
// busy machine, too.
func TestRecoveryOfDelays(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, protocol := range []string{"tcp", "websocket", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			r := overloaded(t, "delay=5ms", protocol, queueObjective, rateAfter, cell.Overload{Rate: overloadRate, For: time.Second, Window: 200 * time.Millisecond}, 2*time.Second)
			v := r.Recovery
			early := func(got *time.Duration, want float64) bool { return got != nil && got.Seconds() < 0.9*want }
			if v.Due != overloadRate || v.Unanswered != 0 || float64(v.Backlog) < 0.95*queueLeft || early(v.Drained, queueDrains) || early(v.Met, queueMet) {
				t.Errorf("backlog %d of %d, want %.0f; drained after %v, want %.3f s; met after %v, want %.3f s; validity %v", v.Backlog, v.Due, queueLeft, v.Drained, queueDrains, v.Met, queueMet, r.Validity.Reasons())
			}
		})
	}
}

// A window is the first that meets the objective if three quarters of it and those after it do.
func TestFirstWindowThatMeetsTheObjective(t *testing.T) {
	t.Parallel()
	for windows, want := range map[string]int{"": -1, "-": -1, "+": 0, "-++": 1, "+---": -1, "++-+": 0, "+--+": 3} {
		var met []bool
		for _, w := range windows {
			met = append(met, w == '+')
		}
		if got := firstMet(met); got != want {
			t.Errorf("%q: window %d, want %d", windows, got, want)
		}
	}
}

// Windows with too few messages leave it unknown when the objective was met again only if it depends on them.
func TestRecoveryIsUnknown(t *testing.T) {
	t.Parallel()
	s := parse(t, "{name: x, pattern: echo, load: {rate: 1/s}, thresholds: 'p(50) < 1us'}")
	const slots, slot, enough = 20, time.Second, 400
	for name, c := range map[string]struct {
		few     int // slots with too few messages, at first
		unknown bool
	}{"all": {slots, true}, "few of them": {2, false}} {
		w := pace.Window{To: int64(slots * slot)}
		planned := make([]uint64, slots)
		for i := range planned {
			if planned[i] = enough; i < c.few {
				planned[i] = 1
			}
		}
		course := record.NewCourse(w, 0, slot, planned)
		sink := record.NewSink(w)
		sink.Follow(course)
		r := record.NewRecorder(sink)
		for i, n := range planned {
			for k := range n {
				at := int64(i)*int64(slot) + int64(k)
				r.Record(proto.Header{Intended: at, Sent: at}, at+int64(time.Millisecond))
			}
		}
		r.Flush()
		if at, unknown := metAgain(course, s.Thresholds, slot); at != nil || (unknown != "") != c.unknown {
			t.Errorf("%s: met after %v, unknown because %q", name, at, unknown)
		}
	}
}

// Texts about servers that do not recover, or need not.
func TestRecoveryHasBounds(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, c := range []struct {
		name, fault, objective string
		want                   func(*result.Recovery) bool
	}{
		{"at 96 % of the capacity", "delay=30ms", "max < 90ms", func(r *result.Recovery) bool {
			return r.Backlog > 20 && r.Drained == nil && r.Met == nil && r.Unknown == "" && r.Watched == 2*time.Second
		}},
		{"far below the capacity", "", "max < 10s", func(r *result.Recovery) bool {
			return r.Drained != nil && r.Met != nil && *r.Met == 0 && r.Unanswered == 0
		}},
		{"every second message lost", "lose=2", "failed_rate < 1%", func(r *result.Recovery) bool { return r.Unanswered == 20 && r.Met == nil }},
		{"few messages", "", "p(99) < 1s", func(r *result.Recovery) bool { return r.Met == nil && r.Unknown != "" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := cell.Overload{Rate: 100, For: 400 * time.Millisecond, Window: 200 * time.Millisecond}
			if r := overloaded(t, c.fault, "tcp", c.objective, 32, o, 2*time.Second); !c.want(r.Recovery) {
				t.Errorf("%+v", r.Recovery)
			}
		})
	}
}

// overloaded runs a repetition with an overload on a server with a fault, and watches it after that.
func overloaded(t *testing.T, fault, protocol, objective string, below float64, o cell.Overload, watch time.Duration) *result.Repetition {
	t.Helper()
	s, err := scenarios.Parse("x.yaml", []byte("{name: x, pattern: echo, protocols: ["+protocol+"], load: {rate: 1/s, connections: 1}, phases: {warmup: 100ms, drain: 1s}, thresholds: ['"+objective+"']}"))
	if err != nil {
		t.Fatal(err)
	}
	axis, err := s.Varies("load.rate")
	if err != nil {
		t.Fatal(err)
	}
	server := withFault(t, fault)
	run := s.Overloaded(axis, below, o, watch)
	more := true
	all, err := Search(context.Background(), Options{Scenarios: []*scenarios.Scenario{s}, Server: server}, []Side{{Server: server}}, nil, &result.Search{Axis: axis.Path}, 1, func([]*result.Result) (Trial, bool) {
		defer func() { more = false }()
		return Trial{Scenario: run}, more
	})
	if err != nil {
		t.Fatal(err)
	}
	r := all[0].Cells[0].Repetitions[0]
	if r.Recovery == nil {
		t.Fatalf("%s: no recovery: %+v", all[0].Cells[0].ID, r.Validity)
	}
	return r
}
