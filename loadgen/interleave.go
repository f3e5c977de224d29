package loadgen

import (
	"context"
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
	// Pprof is the URL of its server's profiles if it is not that of the scenario.
	Pprof string

	name    string // base or head; empty if there is only one
	machine string // its target, if that changes from pair to pair
}

func (s Side) named(name string) Side {
	s.name = name
	return s
}

// Interleave runs the cells of the scenarios on base and head in alternation, one pair after the
// other. If there are several places for them, each pair has the next. In a pair the loads of the two sides alternate in turns, if they can; otherwise it runs each
// cell on one side and immediately after on the other. The first side and the order of cells change
// from pair to pair (ABBA). Repetition i of a cell has the same pair in
// both results. Interleave stops after maxPairs pairs, or when done, called after each pair,
// returns true. done may be nil. In all else it is like Run.
func Interleave(ctx context.Context, opts Options, places []Place, maxPairs int, done func(base, head *result.Result) bool) (*result.Result, *result.Result, error) {
	results := []*result.Result{newResult(opts.Scenarios), newResult(opts.Scenarios)}
	opts.OneByOne = opts.OneByOne || opts.Fleet != nil
	cells := make([][][]job, len(places))
	for i, p := range places {
		p.Base, p.Head = p.Base.named("base"), p.Head.named("head")
		if len(places) > 1 {
			p.Base.machine, p.Head.machine = p.Base.Target, p.Head.Target
		}
		var err error
		if cells[i], err = addSides(results, opts.Scenarios, p, i > 0); err != nil {
			return nil, nil, err
		}
		if err := opts.prepare(ctx, cells[i], results[0].Environment); err != nil {
			return nil, nil, err
		}
	}
	for pair := range maxPairs {
		jobs := ordered(cells[pair%len(places)], pair)
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

// A Place holds the addresses of base and head.
type Place struct{ Base, Head Side }

// addSides returns the jobs of the cells of all scenarios, for both sides of a place, whose cells it adds to
// the results. again means that they are there.
func addSides(results []*result.Result, list []*scenarios.Scenario, p Place, again bool) (cells [][]job, err error) {
	into := results
	if again {
		into = []*result.Result{{}, {}}
	}
	for _, s := range list {
		added, err := addCells(into, s, []Side{p.Base, p.Head})
		if err != nil {
			return nil, err
		}
		cells = append(cells, added...)
	}
	if !again {
		return cells, nil
	}
	for _, sides := range cells {
		for k := range sides {
			sides[k].result = results[k]
			for _, part := range sides[k].parts() {
				part.resultCell = results[k].Cell(part.resultCell.ID)
			}
		}
	}
	return cells, nil
}

// Check returns an error if a side cannot be measured. It starts and stops the server, or
// connects to a running one. For custom targets it checks only that something listens.
func (s Side) Check(ctx context.Context, list []*scenarios.Scenario) error {
	if s.Shell != "" && s.Target != "" && len(list) > 0 {
		return s.checkCustom(ctx, list[0])
	}
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

// checkCustom starts and stops the server of a custom target.
func (s Side) checkCustom(ctx context.Context, scenario *scenarios.Scenario) error {
	sc := *scenario
	if err := sc.Retarget(s.Target); err != nil {
		return err
	}
	server, err := target.Find(ctx, target.Spec{Scenario: &sc, Cell: sc.Cells()[0], Shell: s.Shell})
	if err != nil {
		return err
	}
	server.Stop()
	return nil
}
