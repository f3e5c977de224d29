package cli

import (
	"time"

	"rtbench/loadgen"
	"rtbench/report/live"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// progress computes the position of a run in its plan, for the time left.
type progress struct {
	cells  map[string]result.Config
	whole  time.Duration // warm-up and steady phases of all repetitions
	runs   int           // number of repetitions
	before time.Duration // phases of completed repetitions
	atMost bool
}

func newProgress(list []*scenarios.Scenario) *progress {
	c := &progress{cells: map[string]result.Config{}}
	for _, s := range list {
		for _, cell := range loadgen.Cells([]*scenarios.Scenario{s}) {
			c.cells[cell.ID] = cell.Config
			c.whole += time.Duration(s.Repetitions) * (cell.Config.Warmup + cell.Config.Steady)
			c.runs += s.Repetitions
		}
	}
	return c
}

// status returns the live status for s, with the position in the plan. Statuses must come in
// order. A run on two sides takes twice the whole.
func (c *progress) status(s loadgen.Status) live.Status {
	st := liveStatus(s)
	if c.runs == 0 {
		return st
	}
	if s.Run == 1 && s.Done == nil {
		c.before = 0
	}
	cfg := c.cells[s.Cell]
	st.Protocol, st.Pattern, st.Times, st.AtMost = cfg.Protocol, cfg.Pattern, cfg.Times, c.atMost
	st.Plan, st.Before = cfg.Warmup+cfg.Steady, c.before
	st.Whole = time.Duration(float64(c.whole) * float64(s.Runs) / float64(c.runs))
	if st.Done {
		c.before += st.Plan
	}
	return st
}

// liveStatus converts a status of the load generator for the live view.
func liveStatus(s loadgen.Status) live.Status {
	st := live.Status{
		Run: s.Run, Of: s.Runs, Cell: s.Cell, Repetition: s.Repetition, Side: s.Side, Phase: s.Phase,
		Recorded: s.Recorded, P50: s.P50, P99: s.P99, Elapsed: s.Elapsed, Length: s.Length,
		Planned: s.Planned, Achieved: s.Achieved, ClientCores: s.ClientCores, ServerCores: s.ServerCores,
		HasPlan: s.HasPlan, ServerKnown: s.ServerKnown, FailedMessages: s.Failed, Errors: s.Errors,
	}
	if r := s.Done; r != nil {
		st.Done, st.Verdict, st.Failed = true, r.Validity.Verdict, r.Error
		st.Recorded, st.P50, st.P99 = r.Counters.Recorded, -1, -1
		if r.Response.Count() > 0 { // without one-way times there are none
			st.P50, st.P99 = r.Response.Quantile(50), r.Response.Quantile(99)
		}
		st.FailedMessages, st.Errors = r.Counters.Failed, r.Counters.ErrorCount()
	}
	return st
}
