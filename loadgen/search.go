package loadgen

import (
	"context"
	"fmt"

	"rtbench/report/result"
	"rtbench/scenarios"
)

// A Trial is a repetition of one cell of a scenario.
type Trial struct {
	Scenario *scenarios.Scenario
	Cell     int // index in Scenario.Cells
}

// Search runs trials one after another, each on a fresh server, until next returns false. It adds each
// to its cell in res, which it creates with the plan if nil; a res from an interrupted search is continued.
// A repetition ends as soon as a threshold cannot hold any more, as result.Repetition.Aborted says. most is
// the maximum number of trials. In all else it is like Run.
func Search(ctx context.Context, opts Options, res *result.Result, plan *result.Search, most int, next func(*result.Result) (Trial, bool)) (*result.Result, error) {
	opts.OneByOne, opts.search = true, true
	if res == nil {
		res = newResult(opts.Scenarios)
		res.Search = plan
	}
	done := 0
	for range res.Repetitions() {
		done++
	}
	custom := map[string]job{} // the targets of custom scenarios are compiled once
	for ctx.Err() == nil {
		t, more := next(res)
		if !more {
			break
		}
		j, err := t.job(ctx, res, opts, custom)
		j.cell.Seed += int64(done) // with the same random arrivals, steps would not be independent
		if err == nil {
			err = opts.runJobs(ctx, []job{j}, done, most, res.Environment.Cores)
		}
		if err != nil {
			return nil, err
		}
		done++
		if reps := j.resultCell.Repetitions; len(reps) > 0 && reps[len(reps)-1].Lost() != "" {
			break
		}
	}
	finish(ctx, res)
	return res, nil
}

// job returns the job of a trial, and adds its cell to res if necessary.
func (t Trial) job(ctx context.Context, res *result.Result, opts Options, custom map[string]job) (job, error) {
	p := t.Scenario.Cells()[t.Cell]
	c := newCell(t.Scenario, p)
	if known := res.Cell(c.ID); known != nil {
		c = known
	} else {
		res.Cells = append(res.Cells, c)
	}
	j := job{
		part:  part{scenario: t.Scenario, cell: p, resultCell: c},
		whole: t.Scenario, result: res, index: len(c.Repetitions), side: Side{Server: opts.Server},
	}
	key := fmt.Sprint(p.Scenario, t.Cell)
	if before, known := custom[key]; known {
		j.target = before.target
		return j, nil
	}
	cells := [][]job{{j}}
	if err := opts.prepare(ctx, cells, res.Environment); err != nil {
		return j, err
	}
	custom[key] = cells[0][0]
	return cells[0][0], nil
}
