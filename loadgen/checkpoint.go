package loadgen

import (
	"fmt"
	"slices"
	"time"

	"rtbench/report/result"
	"rtbench/scenarios"
)

// A Checkpoint is the plan of a run on a fleet. With it and with the results that agents hold, another process can
// complete the run if the coordinator dies. Like results, it is data and has no secrets.
type Checkpoint struct {
	Result *result.Result `json:"result"` // with its cells, without repetitions
	Jobs   []PlannedJob   `json:"jobs"`   // in their order
	// Thresholds are those of each cell, by its ID, and Baseline the cells that they refer to.
	Thresholds map[string][]scenarios.Threshold `json:"thresholds,omitempty"`
	Baseline   []*result.Cell                   `json:"baseline,omitempty"`
	MaxSkew    time.Duration                    `json:"max_skew_ns"`
}

// A PlannedJob is a repetition of a cell, or of the cells of all groups together.
type PlannedJob struct {
	Index int      `json:"index"`
	Cells []string `json:"cells"` // their IDs
}

func (o Options) checkpoint(res *result.Result, jobs []job) Checkpoint {
	c := Checkpoint{Result: res, Thresholds: map[string][]scenarios.Threshold{}, MaxSkew: o.Fleet.MaxSkew()}
	for _, j := range jobs {
		planned := PlannedJob{Index: j.index}
		for _, p := range j.parts() {
			id := p.resultCell.ID
			planned.Cells = append(planned.Cells, id)
			if c.Thresholds[id] != nil || len(p.scenario.Thresholds) == 0 {
				continue
			}
			c.Thresholds[id] = p.scenario.Thresholds
			if base := o.baseline(id); base != nil && slices.ContainsFunc(p.scenario.Thresholds, scenarios.Threshold.NeedsBaseline) {
				c.Baseline = append(c.Baseline, base)
			}
		}
		c.Jobs = append(c.Jobs, planned)
	}
	return c
}

// An Ended is the repetition of a cell that has ended.
type Ended struct {
	Server     result.Stack       `json:"server,omitzero"` // of the cell
	Repetition *result.Repetition `json:"repetition"`
}

// ended returns the repetitions of the parts of a job.
func (j *job) ended(reps []*result.Repetition) (list []Ended) {
	for i, p := range j.parts() {
		list = append(list, Ended{p.resultCell.Server, reps[i]})
	}
	return list
}

// Remains are the plan and the results of a run whose coordinator died.
type Remains struct {
	Checkpoint
	// Done are the repetitions of the jobs that had ended, by their position.
	Done map[int][]Ended
	// Last is the job that had begun and not ended; nil if there is none.
	Last *LastJob
	// ServerDied reports that the server of the last job, which the coordinator had started, died with it. Complete
	// sets it, and leaves out the repetition, which says nothing about the server.
	ServerDied bool
	// Elapsed is the time from the beginning of the run to the last report.
	Elapsed time.Duration
}

// A LastJob holds the agents' measurements of the job during which their coordinator died.
type LastJob struct {
	Order    int            // its position
	Servers  []result.Stack // of its cells
	Outcomes []Outcome
	Times    []Delta
}

// began reports whether an agent ran its share.
func (l *LastJob) began() bool {
	late := func(o Outcome) bool { return o.Part != nil && o.Part.Late }
	ran := func(o Outcome) bool { return o.Part != nil || slices.Max(o.Recorded) > 0 }
	return l != nil && !slices.ContainsFunc(l.Outcomes, late) && slices.ContainsFunc(l.Outcomes, ran)
}

// fits reports whether it has the cells of a job.
func (l *LastJob) fits(planned PlannedJob) bool {
	return len(l.Times) == len(planned.Cells) && len(l.Servers) == len(planned.Cells)
}

// combine returns the repetitions of the job.
func (l *LastJob) combine(j job, maxSkew time.Duration) []*result.Repetition {
	reps := j.combine(l.Outcomes, l.Times, maxSkew)
	for i, p := range j.parts() {
		p.resultCell.Server, reps[i].Collected = l.Servers[i], true
	}
	result.EndStorms(reps)
	shareResources(reps, j.streams())
	return reps
}

// Complete returns the result of the run, as Run does. It is interrupted if repetitions are missing, unless a
// threshold or a lost agent ended the run.
func (m *Remains) Complete() (*result.Result, error) {
	res := m.Result
	if res == nil {
		return nil, fmt.Errorf("the checkpoint is damaged: it has no result")
	}
	opts := Options{Baseline: &result.Result{Cells: m.Baseline}}
	for order, planned := range m.Jobs {
		j, err := m.job(planned)
		if err != nil {
			return nil, err
		}
		switch done := m.Done[order]; {
		case len(done) == len(planned.Cells) && !slices.ContainsFunc(done, func(e Ended) bool { return e.Repetition == nil }):
			for i, p := range j.parts() {
				p.resultCell.Server = done[i].Server
				p.resultCell.Repetitions = append(p.resultCell.Repetitions, done[i].Repetition)
			}
		case m.Last.began() && m.Last.Order == order && m.Last.fits(planned):
			reps := m.Last.combine(j, m.MaxSkew)
			if m.ServerDied = j.lostItsServer(reps); m.ServerDied {
				res.Interrupted = true
			} else {
				opts.finish(j, reps, order, res.Environment.Cores, result.Status{})
			}
		default:
			res.Interrupted = true
		}
		if j.endsRun() {
			break
		}
	}
	res.Elapsed = m.Elapsed
	return res, nil
}

// lostItsServer reports whether streams broke to a server that died with the coordinator, which had started it.
func (j *job) lostItsServer(reps []*result.Repetition) bool {
	return j.cell.Target == "" && slices.ContainsFunc(reps, func(r *result.Repetition) bool {
		return r.Error != "" || len(r.AllPhases().Errors) > 0
	})
}

// endsRun reports whether nothing follows the last repetition of a job.
func (j *job) endsRun() bool {
	reps := j.resultCell.Repetitions
	return len(reps) > 0 && (reps[len(reps)-1].Aborted != "" || reps[len(reps)-1].Lost() != "")
}

// job returns a job of the plan, to finish it.
func (m *Remains) job(planned PlannedJob) (job, error) {
	j := job{result: m.Result, index: planned.Index}
	for i, id := range planned.Cells {
		c := m.Result.Cell(id)
		if c == nil {
			return j, fmt.Errorf("the checkpoint is damaged: it has no cell %s", id)
		}
		p := part{scenario: &scenarios.Scenario{Thresholds: m.Thresholds[id]}, cell: c.Config, resultCell: c}
		if i == 0 {
			j.part = p
		} else {
			j.others = append(j.others, p)
		}
	}
	if len(planned.Cells) == 0 {
		return j, fmt.Errorf("the checkpoint is damaged: a job has no cells")
	}
	return j, nil
}
