package loadgen

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"rtbench/loadgen/target"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// A Side is one of two targets that are measured in alternation. The zero value uses the
// scenario's target.
type Side struct {
	Server []string // as in Options
	// Shell is a shell command line that replaces Server.
	Shell  string
	Target string
}

// Interleave runs the cells of the scenarios on base and head in alternation, one pair after the
// other. A pair runs each cell on one side and immediately after on the other; the first side and
// the order of cells change from pair to pair (ABBA). Repetition i of a cell has the same pair in
// both results. Interleave stops after maxPairs pairs, or when done, called after each pair,
// returns true. done may be nil. In all else it is like Run.
func Interleave(ctx context.Context, opts Options, base, head Side, maxPairs int, done func(base, head *result.Result) bool) (*result.Result, *result.Result, error) {
	results := [2]*result.Result{newResult(opts.Scenarios), newResult(opts.Scenarios)}
	cells, err := pairJobs(results, opts.Scenarios, [2]Side{base, head})
	if err != nil {
		return nil, nil, err
	}
	if err := prepareSides(ctx, cells, results[0].Environment); err != nil {
		return nil, nil, err
	}
	for pair := range maxPairs {
		jobs := pairOrder(cells, pair)
		if err := opts.runJobs(ctx, jobs, pair*len(jobs), maxPairs*len(jobs), results[0].Environment.Cores); err != nil {
			return nil, nil, err
		}
		if ctx.Err() != nil || (done != nil && done(results[0], results[1])) {
			break
		}
	}
	finish(ctx, results[0])
	finish(ctx, results[1])
	return results[0], results[1], nil
}

// pairJobs adds the cells to both results and returns the two jobs of each cell.
func pairJobs(results [2]*result.Result, list []*scenarios.Scenario, sides [2]Side) ([][2]job, error) {
	var out [][2]job
	for _, s := range list {
		first := len(out)
		for k, side := range sides {
			sc := *s
			switch {
			case s.API == "custom" && side.Target != "":
				if err := sc.Retarget(side.Target); err != nil {
					return nil, fmt.Errorf("target: %w", err)
				}
			case side.Target != "" || side.Shell != "" || len(side.Server) > 0:
				sc.Target = side.Target
			}
			points := sc.Cells()
			for i, c := range addCells(results[k], &sc, points) {
				if k == 0 {
					out = append(out, [2]job{})
				}
				out[first+i][k] = job{result: results[k], scenario: &sc, cell: points[i], resultCell: c, server: side.Server, shell: side.Shell, side: [2]string{"base", "head"}[k]}
			}
		}
	}
	return out, nil
}

// prepareSides checks the machine and compiles custom targets, once for all pairs.
func prepareSides(ctx context.Context, cells [][2]job, here result.Environment) error {
	jobs := pairOrder(cells, 0)
	if err := checkMachine(jobs, here); err != nil {
		return err
	}
	if err := prepare(ctx, jobs); err != nil {
		return err
	}
	for i := range cells {
		cells[i][0].target, cells[i][1].target = jobs[2*i].target, jobs[2*i+1].target
	}
	return nil
}

// pairOrder returns the jobs of one pair: A B for each cell; in odd pairs B A for each cell, in
// reverse order.
func pairOrder(cells [][2]job, pair int) []job {
	var jobs []job
	for i := range cells {
		both := cells[i]
		if pair%2 == 1 {
			both = cells[len(cells)-1-i]
			both[0], both[1] = both[1], both[0]
		}
		for _, j := range both {
			j.index = pair
			jobs = append(jobs, j)
		}
	}
	return jobs
}

// Check returns an error if a side cannot be measured. It starts and stops the server, or
// connects to a running one. For custom targets it checks only that something listens.
func (s Side) Check(ctx context.Context, list []*scenarios.Scenario) error {
	others := slices.ContainsFunc(list, func(s *scenarios.Scenario) bool { return s.API != "custom" })
	if u, err := url.Parse(s.Target); err == nil && u.Host != "" && len(list) > 0 && !others {
		return target.Dial(u)
	}
	server, err := target.Find(ctx, target.Spec{Scenario: &scenarios.Scenario{Config: scenarios.Cell{Target: s.Target}}, Command: s.Server, Shell: s.Shell})
	if err != nil {
		return err
	}
	server.Stop()
	return nil
}
