// Package guide gathers the evidence behind the guide's claims: facts recorded by probes and
// by a page in a real browser, and measurements of suites of scenarios. Package claims turns
// the evidence into verdicts.
package guide

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"rtbench/loadgen"
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
	missing := g.missing(e)
	servers := &probeServers{command: g.Server}
	defer servers.stop()
	for i, name := range missing {
		if ctx.Err() != nil {
			break
		}
		if g.Step != nil {
			g.Step(i+1, len(missing), name)
		}
		failed, err := g.gatherOne(ctx, name, servers, e)
		if err != nil {
			return nil, nil, err
		}
		if unstored == nil { // later errors have the same cause
			unstored = failed
		}
	}
	return e, unstored, nil
}

// missing returns the wanted names without usable evidence in e. Probes come first because
// they are quick. A probe that failed is run again.
func (g Gatherer) missing(e *result.Evidence) []string {
	var names []string
	add := func(name string) {
		if slices.Contains(g.Names, name) {
			names = append(names, name)
		}
	}
	for _, p := range g.probes() {
		if old := e.Probes[p.Name]; old == nil || old.Missing != "" || old.Error != "" {
			add(p.Name)
		}
	}
	for _, s := range suites {
		if r := e.Suites[s.name]; r == nil || r.Interrupted {
			add(s.name)
		}
	}
	return names
}

// gatherOne runs the named probe or suite and adds its evidence to e. unstored is non-nil
// if the evidence could not be written to the directory.
func (g Gatherer) gatherOne(ctx context.Context, name string, servers *probeServers, e *result.Evidence) (unstored, err error) {
	for _, p := range g.probes() {
		if p.Name == name {
			return g.runProbe(ctx, p, servers, e)
		}
	}
	i := slices.IndexFunc(suites, func(s suite) bool { return s.name == name })
	if i < 0 {
		return nil, fmt.Errorf("unknown evidence %q", name)
	}
	servers.stop() // even an idle server uses CPU time
	return g.runSuite(ctx, suites[i], e)
}

// runSuite measures the scenarios of s.
func (g Gatherer) runSuite(ctx context.Context, s suite, e *result.Evidence) (unstored, err error) {
	list, err := s.open()
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
