package loadgen

import (
	"context"
	"fmt"

	"rtbench/report/result"
	"rtbench/scenarios"
)

// A Trial is a repetition of one cell of a scenario, on one side of a search.
type Trial struct {
	Side     int // index of the side
	Scenario *scenarios.Scenario
	Cell     int // index in Scenario.Cells
}

// A search runs trials.
type search struct {
	Options
	sides   []Side
	results []*result.Result // one for each side
	most    int              // trials
	done    int
	custom  map[string]job // the targets of custom scenarios are compiled once
}

// Search runs trials one after another, each on a fresh server, until next returns false. It has one side, or
// two, base and head. It adds each trial to its cell in the result of its side. It creates the results with
// the plan if there are none; those of an interrupted search are continued. A repetition ends as soon as a
// threshold cannot hold any more, as result.Repetition.Aborted says. most is the maximum number of trials. In
// all else it is like Run.
func Search(ctx context.Context, opts Options, sides []Side, results []*result.Result, plan *result.Search, most int, next func([]*result.Result) (Trial, bool)) ([]*result.Result, error) {
	opts.OneByOne, opts.search = true, true
	if len(sides) == 2 {
		sides = []Side{sides[0].named("base"), sides[1].named("head")}
	}
	s := search{opts, sides, results, most, 0, map[string]job{}}
	for len(s.results) < len(sides) {
		res := newResult(opts.Scenarios)
		res.Search = plan
		s.results = append(s.results, res)
	}
	for _, res := range s.results {
		for range res.Repetitions() {
			s.done++
		}
	}
	for ctx.Err() == nil {
		t, more := next(s.results)
		if !more {
			break
		}
		lost, err := s.try(ctx, t)
		if err != nil {
			return nil, err
		}
		if lost {
			break
		}
	}
	for _, res := range s.results {
		finish(ctx, res)
	}
	return s.results, nil
}

// try runs a trial, and reports whether an agent was lost.
func (s *search) try(ctx context.Context, t Trial) (lost bool, err error) {
	j, err := s.job(ctx, t)
	if err != nil {
		return false, err
	}
	j.cell.Seed += int64(s.done) // with the same random arrivals, steps would not be independent
	if err := s.runJobs(ctx, []job{j}, s.done, s.most, s.results[0].Environment.Cores); err != nil {
		return false, err
	}
	s.done++
	reps := j.resultCell.Repetitions
	return len(reps) > 0 && reps[len(reps)-1].Lost() != "", nil
}

// job returns the job of a trial, and adds its cell to the result of its side if necessary.
func (s *search) job(ctx context.Context, t Trial) (job, error) {
	res, side := s.results[t.Side], s.sides[t.Side]
	sc, err := side.scenario(t.Scenario, len(s.sides) > 1)
	if err != nil {
		return job{}, err
	}
	p := sc.Cells()[t.Cell]
	c := newCell(sc, p)
	if known := res.Cell(c.ID); known != nil {
		c = known
	} else {
		res.Cells = append(res.Cells, c)
	}
	j := job{
		part:  part{scenario: sc, cell: p, resultCell: c},
		whole: sc, result: res, index: len(c.Repetitions), side: side,
	}
	key := fmt.Sprint(t.Side, p.Scenario, t.Cell)
	if before, known := s.custom[key]; known {
		j.target = before.target
		return j, nil
	}
	cells := [][]job{{j}}
	if err := s.prepare(ctx, cells, res.Environment); err != nil {
		return j, err
	}
	s.custom[key] = cells[0][0]
	return cells[0][0], nil
}
