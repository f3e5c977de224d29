package loadgen

import (
	"fmt"
	"time"

	"rtbench/loadgen/session"
	"rtbench/proto/record"
	"rtbench/report/result"
)

// combine returns the repetition of each part from all shares, without the server's use. maxSkew is that of the
// fleet.
func (j *job) combine(outcomes []Outcome, times []Delta, maxSkew time.Duration) (reps []*result.Repetition) {
	for i, p := range j.parts() {
		reps = append(reps, combineShares(i, outcomes, times[i], p.resultCell.Config, maxSkew))
	}
	return reps
}

// combineShares returns the repetition of all shares of a cell, with the times of all.
func combineShares(cell int, outcomes []Outcome, times Delta, config result.Config, maxSkew time.Duration) *result.Repetition {
	var shares []*result.Repetition
	var agents []result.Agent
	var flow record.Flow
	var deliveries session.Deliveries
	lost, refused := "", ""
	for _, o := range outcomes {
		n := o.Recorded[cell]
		share := &result.Repetition{Started: time.Now(), Counters: result.Counters{Planned: n, Due: n, Sent: n, Recorded: n}}
		agent := result.Agent{Recorded: n}
		if o.Part != nil {
			p := &o.Part.Cells[cell]
			share, agent = p.Repetition, p.Agent
			flow.Add(&p.Flow)
			deliveries = deliveries.Add(p.Deliveries)
		}
		agent.Name, agent.Host, agent.Lost, agent.Clock = o.Agent, o.Host, o.Lost, o.Clock
		if share.Error != "" {
			share.Error = fmt.Sprintf("agent %s: %s", o.Agent, share.Error)
		}
		if o.Part != nil && o.Part.Refused && refused == "" {
			refused = share.Error
		}
		if o.Lost != "" && lost == "" {
			lost = fmt.Sprintf("agent %s was lost: %s", o.Agent, o.Lost)
		}
		shares, agents = append(shares, share), append(agents, agent)
	}
	rep := result.Combine(shares)
	rep.Skew = result.SkewOf(agents, maxSkew)
	if rep.Agents = agents; lost == "" && len(deliveries) > 0 {
		deliveries.Settle(rep)
	}
	rep.Response, rep.Service, rep.Lag, rep.Low = times.Response, times.Service, times.Lag, times.Low
	switch { // the others were stopped
	case lost != "":
		rep.Error, rep.Interrupted = lost, false
	case refused != "":
		rep.Error, rep.NotBegun, rep.Interrupted, rep.Counters.Unopened = refused, true, false, 0
	}
	rep.DescribeSeries(config, flow)
	return rep
}
