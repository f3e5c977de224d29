package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"rtbench/loadgen"
	"rtbench/report/regression"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// capacityFloor is the default floor of a gate on the capacity. Two intervals of ±5 % cannot show a smaller
// change.
const capacityFloor = 2 * regression.DefaultFloor

// checkCapacity sets capacity, and rejects flags that do not fit it.
func (g *gateFlags) checkCapacity(cmd *cobra.Command) error {
	changed := func(name string) bool { return cmd.Flags().Changed(name) }
	if !slices.Contains(g.metricNames, regression.Capacity) {
		if i := slices.IndexFunc(searchNames, changed); i >= 0 {
			return usageError("--%s without --metrics capacity: expected both", searchNames[i])
		}
		return nil
	}
	if len(g.metricNames) > 1 {
		return usageError("--metrics with %s and others: expected capacity alone, because its runs are the steps of a search", regression.Capacity)
	}
	for _, name := range []string{"pairs", "quick", "self-test"} {
		if changed(name) {
			return usageError("--%s with --metrics capacity: expected --step, --steps or --precision, which determine the runs of a search", name)
		}
	}
	if len(g.base) > 1 || len(g.head) > 1 {
		return usageError("--base and --head twice with --metrics capacity: expected each once; a search does not swap machines")
	}
	g.capacity, g.metricNames = true, nil
	if !changed("floor") {
		g.floor = capacityFloor
	}
	if !changed("precision") {
		g.search.precision = min(max(2*g.floor/5, 0.01), 0.5)
	}
	if !changed("steps") {
		g.search.steps = 60
	}
	return g.search.check()
}

// runCapacity searches the capacity of both sides in turn, and judges them.
func (g *gateFlags) runCapacity(ctx context.Context, list []*scenarios.Scenario) error {
	if len(list) != 1 {
		return usageError("--metrics capacity with %d scenarios; expected one", len(list))
	}
	s := list[0]
	axis, err := g.search.prepare(s)
	if err != nil {
		return err
	}
	plan, err := g.search.plan(s, axis, g.view.fleet)
	if err != nil {
		return err
	}
	if err := checkLoad([]*scenarios.Scenario{stepAt(s, axis, plan.Start)}, g.view.fleet); err != nil {
		return err
	}
	warnUnprofiled(s)
	places, out, err := g.open(ctx, list)
	if err != nil {
		return err
	}
	defer out.release()
	both, at, err := g.searchBoth(ctx, s, axis, plan, places[0], out)
	if err == nil {
		err = unfinished(ctx, at, both...)
	}
	if err != nil {
		return errors.Join(g.storeErr, err)
	}
	c := regression.CompareCapacity(both[0], both[1], g.floor, g.level, true)
	c.Base, c.Head = g.base[0], g.head[0]
	return errors.Join(g.storeErr, g.finish(os.Stdout, c))
}

// searchBoth runs the searches and stores their results, with the page of each.
func (g *gateFlags) searchBoth(ctx context.Context, s *scenarios.Scenario, axis scenarios.NumericAxis, plan *result.Search, p loadgen.Place, out *output) (both []*result.Result, at string, err error) {
	warnProxy([]*scenarios.Scenario{s}, p.Base.Target, p.Head.Target)
	agents, endFleet, err := g.view.fleet.start(ctx, []*scenarios.Scenario{stepAt(s, axis, plan.Start)}, g.view.quiet)
	if err != nil {
		return nil, "", err
	}
	defer endFleet()
	both, err = g.view.search(ctx, agents, out, s, axis, plan, []loadgen.Side{p.Base, p.Head}, nil)
	if err != nil {
		return nil, "", err
	}
	at, g.storeErr = out.store(map[string]*result.Result{"base": both[0], "head": both[1]}, nil)
	if at != "" {
		fmt.Fprintf(os.Stderr, "Result: %s\n", at)
	}
	return both, at, nil
}
