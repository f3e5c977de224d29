package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rtbench/loadgen"
	"rtbench/report"
	"rtbench/report/live"
	"rtbench/report/regression"
	"rtbench/report/result"
	"rtbench/report/stats"
	"rtbench/scenarios"
)

// shorten makes each pair a repetition, and each run short with --quick.
func (g *gateFlags) shorten(list []*scenarios.Scenario) {
	for _, s := range list {
		if g.quick {
			s.Warmup = min(s.Warmup, 100*time.Millisecond)
			s.ShortenSteady(250 * time.Millisecond)
			s.Profile.Duration = time.Second
		}
		s.Repetitions = 1
	}
}

// run runs the pairs of the scenarios and prints the comparison.
func (g *gateFlags) run(ctx context.Context, list []*scenarios.Scenario) error {
	if err := checkLoad(list, g.view.fleet); err != nil {
		return err
	}
	warning, one := g.measuresOneServer(list)
	if one && slices.ContainsFunc(g.metricNames, func(name string) bool { return strings.HasPrefix(name, scenarios.ServerPrefix) }) {
		return usageError("--metrics with server.NAME: %s; expected exec:COMMAND for both, which run in turn", warning)
	}
	places, out, err := g.open(ctx, list)
	if err != nil {
		return err
	}
	defer out.release()
	started := places[0].Base.Shell != "" && places[0].Head.Shell != ""
	warnings := g.dropServerCPU(started || slices.ContainsFunc(list, func(s *scenarios.Scenario) bool {
		return s.Custom == nil || !s.Custom.Stats.None()
	}))
	if one {
		warnings = append(warnings, warning)
	}
	c, err := g.judge(ctx, list, out, "", places, strings.Join(g.base, " and "), strings.Join(g.head, " and "))
	if err != nil {
		return errors.Join(g.storeErr, err)
	}
	c.Warnings = append(c.Warnings, warnings...)
	return errors.Join(g.storeErr, g.finish(os.Stdout, c))
}

// judge runs the pairs, stores them in the parts of out below the directory prefix, and returns
// the comparison. It fails if the runs cannot be judged.
func (g *gateFlags) judge(ctx context.Context, list []*scenarios.Scenario, out *output, prefix string, places []loadgen.Place, baseName, headName string) (regression.Comparison, error) {
	var c regression.Comparison
	plan := regression.Gate{
		Base: baseName, Head: headName, Metrics: g.metrics, Floor: g.floor, Crossover: len(places) > 1,
		Rule: stats.Rule{Level: g.level, Looks: regression.Looks(g.pairs / len(places))},
	}
	warnProxy(list, places[0].Base.Target, places[0].Head.Target)
	agents, endFleet, err := g.view.fleet.start(ctx, list, g.view.quiet)
	if err != nil {
		return c, err
	}
	defer endFleet()
	view, err := g.view.watch(live.Options{})
	if err != nil {
		return c, err
	}
	defer view.close()
	opts := loadgen.Options{
		Scenarios: list, Fleet: agents, OnStatus: view.ShowAtMost,
		OnRepetition: func(side string, res *result.Result, c *result.Cell, r *result.Repetition) {
			out.keep(prefix+side, res, c, r)
		},
	}
	plan.Noise = g.machine.NoiseOn(loadgen.Environment())
	if err := plan.Check(loadgen.Cells(list), g.floorSet); err != nil {
		return c, usageError("%w", err)
	}
	watch := plan.Start()
	b, h, err := loadgen.Interleave(ctx, opts, places, 3*g.pairs, watch.Done)
	if err == nil {
		err = g.profile(ctx, opts, places, plan.Decide(b, h), b, h)
	}
	view.close()
	if err != nil {
		return c, err
	}
	at, err := out.store(map[string]*result.Result{prefix + "base": b, prefix + "head": h}, nil)
	g.storeErr = errors.Join(g.storeErr, err)
	if err := unfinished(ctx, at, b, h); err != nil {
		return c, err
	}
	c = plan.Decide(b, h)
	c.Profiles = profileDifferences(result.Named{Dir: filepath.Join(at, prefix+"base"), Result: b}, result.Named{Dir: filepath.Join(at, prefix+"head"), Result: h})
	c.Failures = append(report.ServerFailures("base", b), report.ServerFailures("head", h)...)
	if reason := c.Withhold(b, h); reason != "" {
		c.AllowInconclusive = g.inconclusive
		if err := g.write(os.Stdout, c); err != nil {
			return c, err
		}
		return c, exitError(exitInvalid, "%s%s", reason, formatDir(" (%s)", at))
	}
	if at != "" {
		fmt.Fprintf(os.Stderr, "Result: %s\n", filepath.Join(at, prefix))
	}
	return c, nil
}
