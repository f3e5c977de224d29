//go:build linux

package loadgen

import (
	"context"
	"math"
	"testing"
	"time"

	"rtbench/proto"
	"rtbench/proto/pace"
	"rtbench/proto/record"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

// One worker that takes D for each message leaves (r − 1/D)·T messages of an overload of rate r for T, and needs
// backlog/(1/D − rate) for them at the rate after it. On a busy machine both ends are late, so it is tried again.
func TestRecoveryOfQueue(t *testing.T) {
	t.Parallel()
	const capacity, rate, below, limit = 200.0, 400.0, 50.0, 0.1
	length := time.Second
	backlog := (rate - capacity) * length.Seconds()
	drained := backlog / (capacity - below)
	met := (backlog - capacity*(limit-1/capacity)) / (capacity - below) // when a message waits until limit at most
	for _, protocol := range []string{"tcp", "websocket", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			for try := range 3 {
				r := overloaded(t, "delay=5ms", protocol, "max < 100ms && failed_rate < 1%", below, cell.Overload{Rate: rate, For: length, Window: 200 * time.Millisecond}, 2*time.Second)
				v := r.Recovery
				t.Logf("backlog %d of %d, want %.0f; drained after %v, want %.3f s; met after %v, want %.3f s; validity %v", v.Backlog, v.Due, backlog, v.Drained, drained, v.Met, met, r.Validity.Reasons())
				near := func(got *time.Duration, want float64) bool {
					return got != nil && math.Abs(got.Seconds()-want) < 0.1*want
				}
				if v.Due == 400 && v.Unanswered == 0 && math.Abs(float64(v.Backlog)-backlog) < 0.1*backlog && near(v.Drained, drained) && near(v.Met, met) {
					return
				}
				if try == 2 {
					t.Errorf("%+v", v)
				}
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

// What a recovery says of servers that do not recover, or need not.
func TestRecoveryHasBounds(t *testing.T) {
	t.Parallel()
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
