package loadgen

import (
	"context"
	"time"

	"rtbench/loadgen/target"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/record"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

// A Task is one generator's share of a repetition that several run together. It is data, so that it can
// travel to another machine.
type Task struct {
	Cell  scenarios.Cell `json:"cell"`
	ID    string         `json:"id"` // of the cell in the result
	Index int            `json:"index"`
	Share cell.Share     `json:"share"`
	// StartAt is the plan's origin, in nanoseconds of the generator's clock.Now.
	StartAt int64 `json:"start_at"`
	// Server is the reference server, or the one with the guide's API.
	Server proto.Info `json:"server"`
	Secure bool       `json:"secure,omitempty"` // over TLS
	// Impatient is that of session.Config.
	Impatient bool `json:"impatient,omitempty"`
	// Scenario is that of a custom target; otherwise nil. It does not travel.
	Scenario *scenarios.Scenario `json:"-"`
}

// A Part is what a generator measured of a Task, without the times, which it passed on as Deltas.
type Part struct {
	Repetition *result.Repetition `json:"repetition"`
	Agent      result.Agent       `json:"agent"` // what the generator says of its share
	Flow       record.Flow        `json:"flow"`
	// Clock is how the generator's clock agrees with the coordinator's; nil if they are the same.
	Clock *result.AgentClock `json:"clock,omitempty"`
	// Late reports that the streams opened too late: nothing was sent.
	Late bool `json:"late,omitempty"`
}

// A Delta holds the times recorded since the previous one.
type Delta struct {
	Response result.Histogram `json:"response_ns,omitzero"`
	Service  result.Histogram `json:"service_ns,omitzero"`
	Lag      result.Histogram `json:"lag_ns,omitzero"`
	Low      result.Histogram `json:"low_ns,omitzero"`
}

// Add adds the times of o.
func (d *Delta) Add(o Delta) {
	d.Response.Merge(o.Response)
	d.Service.Merge(o.Service)
	d.Lag.Merge(o.Lag)
	d.Low.Merge(o.Low)
}

// Live returns percentile p of the response times, for the live view.
func (d *Delta) Live(p float64) result.StatusTime {
	return result.LiveTime(p, uint64(d.Response.Count()), d.Low.Quantile(p), d.Response.Quantile(p))
}

// since returns the times in d that b does not hold yet.
func (d Delta) since(b Delta) Delta {
	return Delta{d.Response.Since(b.Response), d.Service.Since(b.Service), d.Lag.Since(b.Lag), d.Low.Since(b.Low)}
}

// deltaEvery is the interval of deltas.
const deltaEvery = time.Second

// RunShare runs a task. It passes the progress to note at least every second of the steady phase, with the
// times recorded since the last call, and the rest of them at the end. note is called by one goroutine at a
// time. When ctx ends, the task ends early.
func RunShare(ctx context.Context, t Task, note func(result.Status, Delta)) *Part {
	here := Environment()
	part := &Part{Repetition: &result.Repetition{Index: t.Index, Started: time.Now()}}
	j, err := t.job(ctx)
	if err != nil {
		part.Repetition.Error = err.Error()
		return part
	}
	var r *repetition
	var passed Delta
	at := clock.Now()
	opts := Options{OnStatus: func(st result.Status) {
		var d Delta
		if g := r.first(); st.Phase == "steady" && g.Sink != nil && clock.Now()-at >= int64(deltaEvery) {
			at = clock.Now()
			h := g.Sink.Totals()
			all := Delta{result.Wrap(h.Response), result.Wrap(h.Service), result.Wrap(h.Lag), result.Wrap(h.Low)}
			d, passed = all.since(passed), all
		}
		note(st, d)
	}}
	st := result.Status{Cell: t.ID, Protocol: t.Cell.Protocol, Pattern: t.Cell.Pattern, Times: t.Cell.Times, Repetition: t.Index + 1, Run: 1, Of: 1}
	srv, err := target.Attach(t.Server, t.Cell, t.Secure)
	if err != nil {
		part.Repetition.Error = err.Error()
		return part
	}
	defer srv.Stop()
	r = newRepetition(ctx, j, opts, st, srv, part.Repetition)
	r.run(ctx)
	rep := part.Repetition
	rep.Validity = result.Judge(j.cell.Part(t.Share), rep, here.Cores)
	part.Agent.Describe(rep)
	part.Agent.Cores = here.Cores
	all := Delta{rep.Response, rep.Service, rep.Lag, rep.Low}
	rep.Response, rep.Service, rep.Lag, rep.Low = result.Histogram{}, result.Histogram{}, result.Histogram{}, result.Histogram{}
	part.Flow, part.Late = r.flow, r.late
	st.End(rep)
	note(st, all.since(passed))
	return part
}

// job returns the task as a job.
func (t Task) job(ctx context.Context) (job, error) {
	s := &scenarios.Scenario{}
	if t.Scenario != nil {
		copied := *t.Scenario
		s = &copied
		s.Thresholds = nil // they apply to all shares together
	}
	s.Name = t.Cell.Scenario
	c := newCell(s, t.Cell)
	c.ID = t.ID
	j := job{
		part: part{scenario: s, cell: t.Cell, resultCell: c}, whole: s, result: &result.Result{}, index: t.Index,
		share: t.Share, startAt: t.StartAt, impatient: t.Impatient,
	}
	if !j.custom() {
		return j, nil
	}
	var err error
	if j.target, err = target.PrepareCustom(ctx, s, j.cell); err == nil {
		err = j.target.CheckToken(ctx, s)
	}
	return j, err
}
