package loadgen

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"rtbench/loadgen/route"
	"rtbench/loadgen/target"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// An InvalidError reports a scenario that cannot run because of the files that it names or the
// gRPC method that it calls.
type InvalidError struct {
	Scenario string
	Err      error
}

func (e *InvalidError) Error() string { return fmt.Sprintf("scenario %s: %v", e.Scenario, e.Err) }

func (e *InvalidError) Unwrap() error { return e.Err }

// prepare checks that this machine, or the fleet, can run the cells, and compiles their custom targets.
func (o Options) prepare(ctx context.Context, cells [][]job, here result.Environment) error {
	if err := o.check(slices.Concat(cells...), here); err != nil {
		return err
	}
	made := map[string]*target.Custom{}
	for _, sides := range cells {
		for i := range sides {
			for _, p := range sides[i].parts() {
				key := fmt.Sprintf("%p %s %s %s %d", p.scenario, p.cell.Protocol, p.cell.Pattern, p.cell.Model, p.cell.Size)
				if p.custom() && made[key] == nil {
					s, err := compile(ctx, &sides[i], p)
					if err != nil {
						return err
					}
					made[key] = s
				}
				if p.target = made[key]; p.target != nil {
					p.resultCell.Config.Route = p.target.Route.String()
				}
			}
		}
	}
	return nil
}

// check returns an error if this machine, or the fleet, cannot run the jobs.
func (o Options) check(jobs []job, here result.Environment) error {
	if o.Fleet == nil {
		return checkMachine(jobs, here)
	}
	for _, j := range jobs {
		if refused := CheckFleet([]*scenarios.Scenario{j.whole}, o.Fleet.Size()); refused != nil {
			return refused
		}
		started := !j.custom() && j.whole.Target == "" && j.side.Shell == ""
		if agent := o.Fleet.Elsewhere(); started && agent != "" {
			return fmt.Errorf("scenario %s: agent %s is on another machine and cannot reach a server that rtbench starts here; expected the address of a running `rtbench serve --host 0.0.0.0` as target", j.whole.Name, agent)
		}
	}
	return nil
}

func compile(ctx context.Context, j *job, p *part) (*target.Custom, error) {
	if j.side.Shell != "" { // reflection needs the server
		server, err := target.Find(ctx, j.serverSpec())
		if err != nil {
			return nil, err
		}
		defer server.Stop()
	}
	s, err := target.PrepareCustom(ctx, p.scenario, p.cell)
	if err == nil {
		err = errors.Join(s.CheckToken(ctx, p.scenario), target.CheckStats(ctx, p.scenario))
	}
	var unanswered *target.ReflectionError
	switch {
	case errors.As(err, &unanswered):
		return nil, fmt.Errorf("scenario %s: %w", p.scenario.Name, err)
	case err != nil:
		return nil, &InvalidError{p.scenario.Name, err}
	}
	return s, nil
}

// route returns how the connections of p reach their server.
func (p *part) route() *route.Route {
	if p.target == nil {
		return new(route.Route)
	}
	return p.target.Route
}
