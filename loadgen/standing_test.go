package loadgen

import (
	"reflect"
	"testing"
	"time"

	"rtbench/proto/record"
	"rtbench/report/result"
)

// timesOf returns times of one length each.
func timesOf(n int64, each time.Duration) result.Histogram {
	h := record.NewHistogram()
	_ = h.RecordValues(int64(each), n)
	return result.Wrap(h)
}

// A window is known once all generators have reported it, whatever else some have; failures are the sum of the
// latest of each.
func TestStatesOfAllGenerators(t *testing.T) {
	t.Parallel()
	s := NewStates(2)
	window := func(n int, count int64) WindowTimes { return WindowTimes{1, n, timesOf(count, time.Millisecond)} }
	s.Add(0, &State{Failures{10, 1, 2}, []WindowTimes{window(0, 3), window(1, 4)}})
	if of := s.Standing(Delta{}); len(of.Windows) != 0 || of.Failures != (Failures{10, 1, 2}) {
		t.Errorf("of one generator: %+v", of)
	}
	s.Add(1, &State{Failures{5, 1, 1}, []WindowTimes{window(0, 30)}})
	if of := s.Standing(Delta{}); of.Windows[1].N != 0 || of.Windows[1].Response.Count() != 33 || of.Failures != (Failures{15, 2, 3}) {
		t.Errorf("of both: %+v", of)
	}
	s.Add(1, &State{Failures{6, 2, 2}, []WindowTimes{window(1, 40)}})
	s.Add(0, nil)
	if of := s.Standing(Delta{}); of.Windows[1].N != 1 || of.Windows[1].Response.Count() != 44 || of.Failures != (Failures{16, 3, 4}) {
		t.Errorf("later: %+v", of)
	}
	if len(s.open) != 0 {
		t.Errorf("%d windows are kept", len(s.open))
	}
}

// Agents end a step of a search as one generator does: once it has more late messages than four steps may have.
func TestHopelessStepOfAgents(t *testing.T) {
	t.Parallel()
	sc := parse(t, "{name: x, pattern: echo, load: {rate: 1k/s, connections: 4}, phases: {warmup: 1s, steady: 10s}, thresholds: [p(90) < 5ms]}")
	c := newCell(sc, sc.Cells()[0])
	for _, e := range []struct {
		late int64 // of 10,000 messages
		ends bool
	}{{500, false}, {2000, false}, {5000, true}} {
		stopped := false
		r := &sharedRepetition{
			job: job{part: part{scenario: sc, cell: sc.Cells()[0], resultCell: c}}, opts: Options{search: true}, stop: func() { stopped = true },
		}
		slow := timesOf(e.late, 10*time.Millisecond)
		r.note(Progress{
			Agents: []result.Status{{Phase: "steady", Elapsed: 3 * time.Second}},
			Standing: func(int) Standing {
				return Standing{Times: Delta{Response: slow, Service: slow.Decoded(), Low: timesOf(e.late, 10*time.Millisecond), Lag: timesOf(e.late, 1)}}
			},
		})
		if stopped != e.ends || (r.aborted != "") != e.ends {
			t.Errorf("%d late messages: stopped %v by %q", e.late, stopped, r.aborted)
		}
	}
}

// The live view of agents is the sum of theirs, in the phase of the slowest.
func TestViewOfAgents(t *testing.T) {
	t.Parallel()
	sc := parse(t, "{name: x, pattern: echo, load: {rate: 1k/s, connections: 4}}")
	var got result.Status
	r := &sharedRepetition{
		job:  job{part: part{scenario: sc, cell: sc.Cells()[0]}},
		opts: Options{OnStatus: func(st result.Status) { got = st }},
	}
	p50, p99 := result.StatusTime{Known: true, At: 7}, result.StatusTime{Known: true, At: 9}
	r.note(Progress{P50: p50, P99: p99, Agents: []result.Status{
		{Phase: "drain", Elapsed: 5, Length: 6, Recorded: 100, FailedMessages: 1, Errors: 2, Planned: 300, HasPlan: true, Achieved: 10, ClientCores: 0.5},
		{Phase: "steady", Elapsed: 3, Length: 4, Recorded: 20, FailedMessages: 4, Errors: 8, Planned: 30, HasPlan: true, Achieved: 1, ClientCores: 0.25},
	}})
	want := result.Status{
		Phase: "steady", Elapsed: 3, Length: 4, Recorded: 120, FailedMessages: 5, Errors: 10, Planned: 330, HasPlan: true, Achieved: 11, ClientCores: 0.75,
		P50: p50, P99: p99,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}
