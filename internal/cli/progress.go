package cli

import (
	"time"

	"rtbench/loadgen"
	"rtbench/report/live"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// A progress is what the plan says of a run as a whole, for the time left.
type progress struct {
	cells  map[string]result.Config
	whole  time.Duration // warm-up and steady phase of each repetition of each cell
	runs   int           // repetitions in whole
	before time.Duration // of those that have ended
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

// status is where the run is, with its place in the whole. Statuses come in order. One
// that runs its cells in turn on two sides takes as many times the whole.
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

// liveStatus is where the run is, in the words of the live view.
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
		if r.Response.Count() > 0 { // one-way times may have been refused
			st.P50, st.P99 = r.Response.Quantile(50), r.Response.Quantile(99)
		}
		st.FailedMessages, st.Errors = r.Counters.Failed, r.Counters.ErrorCount()
	}
	return st
}
