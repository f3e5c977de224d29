package loadgen

import (
	"context"
	"fmt"
	"time"

	"rtbench/loadgen/session"
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
	// Cells are those of all groups that run together, or one.
	Cells []TaskCell `json:"cells"`
	Order int        `json:"order"` // the position of the repetition in the run
	Index int        `json:"index"`
	Share cell.Share `json:"share"`
	// Origin is the plan's origin, in nanoseconds of the coordinator's clock.Now, and StartAt by the generator's.
	Origin  int64 `json:"origin"`
	StartAt int64 `json:"start_at"`
	// ConnectAt is when planned connecting begins, by the generator's clock.
	ConnectAt int64 `json:"connect_at"`
	// Clocks numbers the clocks of all generators; those with the same number have the same clock.
	Clocks []int `json:"clocks"`
	// ServerAhead is the reference server's clock minus the coordinator's; 0 if they are the same.
	ServerAhead int64 `json:"server_ahead,omitempty"`
	// Server is the reference server, or the one with the guide's API.
	Server proto.Info `json:"server"`
	Secure bool       `json:"secure,omitempty"` // over TLS
	// Impatient is that of session.Config.
	Impatient bool `json:"impatient,omitempty"`
	// Scenario is that of a custom target, or of a trace; otherwise nil. It does not travel.
	Scenario *scenarios.Scenario `json:"-"`
	// Commands yields an element whenever the command of an event has ended, which the coordinator runs.
	Commands <-chan struct{} `json:"-"`
}

// A TaskCell is a cell of a Task.
type TaskCell struct {
	Cell scenarios.Cell `json:"cell"`
	ID   string         `json:"id"` // of the cell in the result
	// Windows are those of thresholds that may end the repetition.
	Windows []Windows `json:"windows,omitempty"`
	// Server is the stack of the server, if it is known.
	Server result.Stack `json:"server,omitzero"`
}

// A Part is a generator's share of the measurements of a Task.
type Part struct {
	Cells []CellPart `json:"cells"` // of each cell of the task
	// Late reports that the streams opened too late, and Refused that the generator could not begin, for the reason in
	// Error: nothing was sent.
	Late    bool `json:"late,omitempty"`
	Refused bool `json:"refused,omitempty"`
}

// A CellPart is what a generator measured of a cell, without the times, which it passed on as Deltas.
type CellPart struct {
	Repetition *result.Repetition `json:"repetition"`
	Agent      result.Agent       `json:"agent"` // the generator's report on its share
	Flow       record.Flow        `json:"flow"`
	Deliveries session.Deliveries `json:"deliveries,omitempty"`
}

// Failed returns the part of a generator that could not run the task, unless it was stopped: the end of ctx stops it.
func (t Task) Failed(ctx context.Context, err error) *Part {
	p := &Part{Refused: ctx.Err() == nil}
	for range t.Cells {
		p.Cells = append(p.Cells, CellPart{Repetition: &result.Repetition{Index: t.Index, Started: time.Now(), Error: err.Error()}})
	}
	return p
}

// Error returns why the task ended without having run; empty if it ran.
func (p *Part) Error() string {
	for _, c := range p.Cells {
		if c.Repetition.Error != "" {
			return c.Repetition.Error
		}
	}
	return ""
}

// A Delta holds the times recorded since the previous one.
type Delta struct {
	Response result.Histogram `json:"response_ns,omitzero"`
	Service  result.Histogram `json:"service_ns,omitzero"`
	Lag      result.Histogram `json:"lag_ns,omitzero"`
	Low      result.Histogram `json:"low_ns,omitzero"`
	// State is that of the steady phase; nil after its end.
	State *State `json:"state,omitempty"`
}

// deltaOf returns all times.
func deltaOf(h record.Histograms) Delta {
	return Delta{Response: result.Wrap(h.Response), Service: result.Wrap(h.Service), Lag: result.Wrap(h.Lag), Low: result.Wrap(h.Low)}
}

// Add adds the times of o.
func (d *Delta) Add(o Delta) {
	d.Response.Merge(o.Response)
	d.Service.Merge(o.Service)
	d.Lag.Merge(o.Lag)
	d.Low.Merge(o.Low)
}

// Live returns p50 and p99 of the times of all agents, for the live view. They are known if an agent's own
// are: together the messages are worth more than those of any agent.
func (d *Delta) Live(agents []result.Status) (p50, p99 result.StatusTime) {
	known50, known99 := false, false
	for _, a := range agents {
		known50, known99 = known50 || a.P50.Known, known99 || a.P99.Known
	}
	return result.LiveTime(known50, d.Low.Quantile(50), d.Response.Quantile(50)),
		result.LiveTime(known99, d.Low.Quantile(99), d.Response.Quantile(99))
}

// since returns the times in d that b does not hold yet.
func (d Delta) since(b Delta) Delta {
	return Delta{Response: d.Response.Since(b.Response), Service: d.Service.Since(b.Service), Lag: d.Lag.Since(b.Lag), Low: d.Low.Since(b.Low)}
}

// deltaEvery is the interval of deltas.
const deltaEvery = time.Second

// RunShare runs a task. It passes the progress to note at least every second of the steady phase, with the
// times of each cell recorded since the last call, and the rest of them at the end. note is called by one
// goroutine at a time. When ctx ends, the task ends early.
func RunShare(ctx context.Context, t Task, note func(result.Status, []Delta)) *Part {
	j, err := t.job(ctx)
	if err != nil {
		return t.Failed(ctx, err)
	}
	srv, err := target.Attach(t.Server, j.cell, t.Secure)
	if err != nil {
		return t.Failed(ctx, err)
	}
	defer srv.Stop()
	var r *repetition
	passed, states := make([]Delta, len(t.Cells)), make([]stateReporter, len(t.Cells))
	for i, c := range t.Cells {
		states[i].watched = c.Windows
	}
	at := clock.Now()
	opts := Options{OnStatus: func(st result.Status) {
		var d []Delta
		if st.Phase == "steady" && r.first().Sink != nil && clock.Now()-at >= int64(deltaEvery) {
			at = clock.Now()
			for i, g := range r.groups {
				all := deltaOf(g.Sink.Totals())
				news := all.since(passed[i])
				news.State = states[i].report(g, st.Elapsed)
				d, passed[i] = append(d, news), all
			}
		}
		note(st, d)
	}}
	c := &t.Cells[0]
	st := result.Status{Cell: c.ID, Protocol: c.Cell.Protocol, Pattern: c.Cell.Pattern, Times: c.Cell.Times, Repetition: t.Index + 1, Run: 1, Of: 1}
	r = newRepetition(ctx, j, opts, st, srv, &result.Repetition{Index: t.Index, Started: time.Now()})
	r.run(ctx)
	part, rest := r.part(passed)
	st.End(r.rep)
	note(st, rest)
	return part
}

// part returns what the generator measured, and the times that are not among those passed on.
func (r *repetition) part(passed []Delta) (*Part, []Delta) {
	part, rest := &Part{Late: r.late}, make([]Delta, len(passed))
	here := Environment()
	for i, p := range r.job.parts() {
		rep := r.reps()[i]
		rep.Index = r.rep.Index
		rep.Validity = result.Judge(p.cell.Part(r.job.share), rep, here.Cores)
		of := CellPart{Repetition: rep}
		of.Agent.Describe(rep, here)
		of.Agent.FirstLag = r.groups[i].FirstLag()
		if r.job.reference() {
			of.Agent.ServerClock = r.clock.offset
		}
		if between := r.groups[i].Between(); between.Count() > 0 {
			of.Agent.Within, of.Agent.Between = rep.Response, between
		}
		rest[i] = Delta{Response: rep.Response, Service: rep.Service, Lag: rep.Lag, Low: rep.Low}.since(passed[i])
		rep.Response, rep.Service, rep.Lag, rep.Low = result.Histogram{}, result.Histogram{}, result.Histogram{}, result.Histogram{}
		if r.flows != nil {
			of.Flow, of.Deliveries = r.flows[i], r.groups[i].Deliveries()
		}
		part.Cells = append(part.Cells, of)
	}
	return part, rest
}

// job returns the task as a job.
func (t Task) job(ctx context.Context) (job, error) {
	whole := &scenarios.Scenario{}
	if t.Scenario != nil {
		copied := *t.Scenario
		whole = &copied
	}
	whole.Name = t.Cells[0].Cell.Scenario
	j := job{whole: whole, result: &result.Result{}, index: t.Index, share: t.Share, startAt: t.StartAt, topics: fmt.Sprint(t.Origin), clocks: t.Clocks, impatient: t.Impatient}
	j.connectAt, j.commands = t.ConnectAt, t.Commands
	j.startOnServer = t.Origin + t.ServerAhead
	if len(t.Cells) > 1 || t.Cells[0].Cell.Pattern == string(proto.Fanout) { // they read each other's headers
		j.clockShift = t.Origin - t.StartAt
	}
	for i, of := range t.Cells {
		p, err := t.part(ctx, whole, of)
		switch {
		case err != nil:
			return j, err
		case i == 0:
			j.part = p
		default:
			j.others = append(j.others, p)
		}
	}
	return j, nil
}

// part returns the part of a job for a cell of the task.
func (t Task) part(ctx context.Context, whole *scenarios.Scenario, of TaskCell) (part, error) {
	s := *whole.Of(of.Cell)
	s.Name, s.Thresholds = of.Cell.Scenario, nil // they apply to all shares together
	p := part{scenario: &s, cell: of.Cell}
	if p.cell.Trace.File != "" {
		p.cell.Trace.Times = s.Trace.Times
	}
	p.resultCell = newCell(&s, p.cell)
	p.resultCell.ID = of.ID
	if !p.custom() {
		return p, nil
	}
	var err error
	if p.target, err = target.PrepareCustom(ctx, &s, p.cell); err == nil {
		err = p.target.CheckToken(ctx, &s)
	}
	return p, err
}
