// Package guide gathers the evidence behind the guide's claims: facts recorded by probes and
// by a page in a real browser, and measurements of suites of scenarios. Package claims turns
// the evidence into verdicts.
package guide

import (
	"context"
	"path/filepath"
	"slices"

	"rtbench/loadgen"
	"rtbench/loadgen/guide/browser"
	"rtbench/loadgen/guide/probe"
	"rtbench/report/result"
)

// A Gatherer runs probes and suites and stores their evidence in a directory. It skips
// evidence that the directory already holds.
type Gatherer struct {
	// Dir is an existing directory that receives the evidence.
	Dir string
	// Names lists the probes and suites to run.
	Names []string
	// Server is the command that starts a reference server, as in loadgen.Options.
	Server []string
	// Browser is the path of Chromium or Chrome; empty means search the PATH.
	Browser string
	// Whole measures the whole grid in suites, which takes about two hours.
	Whole bool
	// Step, if not nil, is called before each of the probes and suites.
	Step func(i, of int, name string)
	// Watch, if not nil, receives the progress of suites.
	Watch func(result.Status)
}

// Gather runs the missing probes and suites until all are done or ctx ends. Ending early is
// not an error: the evidence so far is stored and the next Gather continues. It returns all
// evidence, including any that could not be stored. unstored is the first error from
// storing evidence; err reports that nothing more could be gathered.
func (g Gatherer) Gather(ctx context.Context) (e *result.Evidence, unstored, err error) {
	e, err = result.ReadEvidence(g.Dir)
	if err != nil {
		return nil, nil, err
	}
	servers := &probeServers{command: g.Server}
	defer servers.stop()
	missing := g.missing(servers, e)
	for i, m := range missing {
		if ctx.Err() != nil {
			break
		}
		if g.Step != nil {
			g.Step(i+1, len(missing), m.name)
		}
		failed, err := m.gather(ctx)
		if err != nil {
			return nil, nil, err
		}
		if unstored == nil { // later errors have the same cause
			unstored = failed
		}
	}
	return e, unstored, nil
}

// A gathering is a probe or a suite. gather adds its evidence to that of a Gatherer; unstored is
// non-nil if the evidence could not be written to the directory.
type gathering struct {
	name   string
	stored bool
	gather func(context.Context) (unstored, err error)
}

// missing returns the wanted probes and suites without usable evidence in e. Probes come first because
// they are quick. A probe that failed is run again.
func (g Gatherer) missing(servers *probeServers, e *result.Evidence) []gathering {
	var all []gathering
	for _, p := range append(slices.Clone(probe.All), browser.Probe(g.Browser)) {
		old := e.Probes[p.Name]
		all = append(all, gathering{p.Name, old != nil && old.Missing == "" && old.Error == "", func(ctx context.Context) (unstored, err error) {
			return g.runProbe(ctx, p, servers, e)
		}})
	}
	for _, s := range suites {
		old := e.Suites[s.name]
		all = append(all, gathering{s.name, old != nil && !old.Interrupted, func(ctx context.Context) (unstored, err error) {
			servers.stop() // even an idle server uses CPU time
			return g.runSuite(ctx, s, e)
		}})
	}
	return slices.DeleteFunc(all, func(one gathering) bool { return one.stored || !slices.Contains(g.Names, one.name) })
}

// runSuite measures the scenarios of s.
func (g Gatherer) runSuite(ctx context.Context, s suite, e *result.Evidence) (unstored, err error) {
	list, err := s.open(g.Whole)
	if err != nil {
		return nil, err
	}
	opts := loadgen.Options{Scenarios: list, Server: g.Server, OnStatus: g.Watch}
	dir, unstored := result.ClaimAgain(filepath.Join(g.Dir, s.name))
	if unstored == nil {
		defer dir.Release()
		opts.OnRepetition = func(_ string, res *result.Result, c *result.Cell, r *result.Repetition) { _ = dir.Keep(res, c, r) }
	}
	r, err := loadgen.Run(ctx, opts)
	if err != nil {
		return nil, err
	}
	e.Suites[s.name] = r
	if unstored == nil {
		unstored = dir.Write(r)
	}
	return unstored, nil
}
