package capacity_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"rtbench/report/capacity"
	"rtbench/report/result"
	"rtbench/scenarios/cell"
)

// searched returns a result with a search of two protocols that is complete but for its overloads: tcp takes 20,000
// messages/s, and of sse only a lower bound is known.
func searched(t *testing.T) *result.Result {
	t.Helper()
	r := &result.Result{Search: &result.Search{Axis: "load.rate", Start: 4000, Least: 1, Most: 1e6, Precision: 0.05, Steps: 20, Seed: 1}}
	r.Search.Recover = &result.SearchRecovery{Factor: 1.5, Below: 0.5, For: time.Second, Repetitions: 3}
	names := []string{"tcp", "sse"}
	for order := 0; ; order++ {
		_, i, x, more := capacity.Next([]*result.Result{r}, names)
		if !more {
			return r
		}
		rep := &result.Repetition{Order: order, Thresholds: []result.Outcome{{Holds: x < 20000}}}
		if i == 1 && x > 10000 {
			rep.Validity = result.Validity{Discarded: true, Findings: []result.Finding{{Word: result.NotGenerated, Reason: "busy"}}}
		}
		c := result.Config{Protocol: names[i], Pattern: "echo", Rate: x, Axes: fmt.Sprintf("rate=%g", x)}
		r.Cells = append(r.Cells, &result.Cell{ID: fmt.Sprint(order), Config: c, Repetitions: []*result.Repetition{rep}})
	}
}

// Overloads follow the search, only of capacities that were found, and do not count as its steps.
func TestNextOverload(t *testing.T) {
	t.Parallel()
	r := searched(t)
	before := capacity.Subjects(r)
	c := &result.Cell{Config: result.Config{Protocol: "tcp", Pattern: "echo", Rate: 10000, Axes: "rate=10000", Overload: cell.Overload{Rate: 30000, For: time.Second}}}
	for n := range 3 {
		i, at, more := capacity.NextOverload(r, []string{"sse", "tcp"})
		if !more || i != 1 || at < 18000 || at > 22000 {
			t.Fatalf("overload %d: subject %d at %g, %v", n, i, at, more)
		}
		if n == 0 {
			r.Cells = append(r.Cells, c)
			c.Repetitions = append(c.Repetitions, &result.Repetition{Interrupted: true}) // is run again
		}
		c.Repetitions = append(c.Repetitions, recovered(time.Duration(n)*time.Second))
	}
	if _, _, more := capacity.NextOverload(r, []string{"sse", "tcp"}); more {
		t.Error("a fourth overload")
	}
	after := capacity.Subjects(r)
	if len(after) != 2 || after[0].Answer.Interval != before[0].Answer.Interval || after[0].Steps != before[0].Steps || len(after[0].Points) != len(before[0].Points) {
		t.Errorf("the overloads changed the answer: %+v, before %+v", after[0].Answer, before[0].Answer)
	}
	if got := after[0].Recovery(r.Search); len(got.Runs) != 3 || got.Limited != 0 || got.Drained.Median != 1e9 || got.Drained.High != 2e9 {
		t.Errorf("%+v", got)
	}
	if got := after[1].Recovery(r.Search); len(got.Runs) != 0 || got.Why == "" {
		t.Errorf("a lower bound: %+v", got)
	}
	if r.Search.Recover = nil; after[0].Recovery(r.Search) != nil {
		t.Error("a recovery that nobody asked for")
	}
}

// Repetitions in which rtbench was at its limit do not count, and a server that does not recover is later than all.
func TestRecoveryCountsTheServerOnly(t *testing.T) {
	t.Parallel()
	late, never, limited, crashed := recovered(time.Second), recovered(time.Second), recovered(time.Second), &result.Repetition{Error: "killed", Validity: result.Validity{Findings: []result.Finding{{Word: result.ServerFailed}}}}
	late.Recovery.Late = 51
	never.Recovery.Drained = nil
	limited.Validity = result.Validity{Findings: []result.Finding{{Word: result.NotGenerated, Reason: "busy"}}}
	r := searched(t)
	r.Cells = append(r.Cells, &result.Cell{
		Config:      result.Config{Protocol: "tcp", Pattern: "echo", Overload: cell.Overload{For: time.Second}},
		Repetitions: []*result.Repetition{late, never, limited, crashed, recovered(time.Second)},
	})
	got := capacity.Subjects(r)[0].Recovery(r.Search)
	if len(got.Runs) != 2 || got.Limited != 2 || got.Failed != 1 || got.Failure != "killed" || got.Why == "" || got.Drained.Low != 1e9 || !math.IsInf(got.Drained.Median, 1) || got.Met.Median != 1e9 || got.Backlog.N != 2 {
		t.Errorf("%+v", got)
	}
}

// recovered returns a repetition after which a backlog of 1,000 messages was gone after d.
func recovered(d time.Duration) *result.Repetition {
	met := time.Second
	return &result.Repetition{Recovery: &result.Recovery{Due: 3000, Backlog: 1000, Drained: &d, Met: &met, Watched: 4 * time.Second}}
}
