package loadgen

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rtbench/loadgen/guide/browser"
	"rtbench/loadgen/guide/probe"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// A Gathering is a run that gathers evidence for the guide's claims: probes, and suites
// of measurements. What its directory holds already is not gathered again.
type Gathering struct {
	// Dir is where the evidence goes; it exists.
	Dir string
	// Names are the probes and suites wanted.
	Names []string
	// Server is the command that serves, as in Options.
	Server []string
	// Browser is the executable of a real browser; empty to look for one.
	Browser string
	// Step is told which evidence is gathered next, of how many; Watch is told what goes
	// on in a suite. Both may be nil.
	Step  func(i, of int, name string)
	Watch func(Status)
}

// suite is scenarios that are measured together.
type suite struct {
	name string
	open func() ([]*scenarios.Scenario, error)
}

var suites = []suite{
	{"equal-load", builtin("equal-load")},
	{"equal-load-fanout", builtin("equal-load-fanout")},
	{"capacity", builtin("capacity")},
	{"use-cases", useCases},
}

func builtin(name string) func() ([]*scenarios.Scenario, error) {
	return func() ([]*scenarios.Scenario, error) {
		s, err := scenarios.Open(name)
		return []*scenarios.Scenario{s}, err
	}
}

// useCases are the loads of the guide's use cases, over every protocol.
func useCases() ([]*scenarios.Scenario, error) {
	var list []*scenarios.Scenario
	for _, name := range []string{"chat", "collaboration", "game", "ticker", "notifications", "microservice-pipeline", "bulk-upload"} {
		s, err := scenarios.Open(name)
		if err != nil {
			return nil, err
		}
		var encodings []string
		if name == "microservice-pipeline" {
			encodings = []string{"text", "native"}
		}
		s.Neutral([]string{"websocket", "sse", "grpc"}, encodings...)
		s.Repetitions = 7
		s.Phases = scenarios.Phases{Warmup: 60 * time.Millisecond, Steady: 400 * time.Millisecond, Drain: 500 * time.Millisecond}
		list = append(list, s)
	}
	return list, nil
}

// Gather gathers evidence until all is there or ctx ends, which is no error: what was
// gathered is stored, and the next Gather goes on. It returns all evidence, also what could
// not be stored: that is the first error. The second says what could not be done at all.
func (g Gathering) Gather(ctx context.Context) (e *result.Evidence, unstored, err error) {
	have, err := result.ReadEvidence(g.Dir)
	if err != nil {
		return nil, nil, err
	}
	missing := g.missing(have)
	servers := &probeServers{command: g.Server}
	defer servers.stop()
	for i, name := range missing {
		if ctx.Err() != nil {
			break
		}
		if g.Step != nil {
			g.Step(i+1, len(missing), name)
		}
		failed, err := g.gather(ctx, name, servers, have)
		if err != nil {
			return nil, nil, err
		}
		if unstored == nil { // the others will fail in the same way
			unstored = failed
		}
	}
	return have, unstored, nil
}

// missing are the names of what is to be gathered: probes first, which are quick.
func (g Gathering) missing(have *result.Evidence) []string {
	var names []string
	add := func(name string) {
		if slices.Contains(g.Names, name) {
			names = append(names, name)
		}
	}
	for _, p := range g.probes() {
		if old := have.Probes[p.Name]; old == nil || old.Missing != "" || old.Error != "" { // it may go better now
			add(p.Name)
		}
	}
	for _, s := range suites {
		if r := have.Suites[s.name]; r == nil || r.Interrupted {
			add(s.name)
		}
	}
	return names
}

func (g Gathering) probes() []probe.Probe {
	return append(slices.Clone(probe.All), browser.Probe(g.Browser))
}

// gather gathers one piece of evidence and adds it to e. unstored is why it is not in the
// directory.
func (g Gathering) gather(ctx context.Context, name string, servers *probeServers, e *result.Evidence) (unstored, err error) {
	for _, p := range g.probes() {
		if p.Name == name {
			return g.ask(ctx, p, servers, e)
		}
	}
	i := slices.IndexFunc(suites, func(s suite) bool { return s.name == name })
	if i < 0 {
		return nil, fmt.Errorf("no evidence is called %q", name)
	}
	list, err := suites[i].open()
	if err != nil {
		return nil, err
	}
	servers.stop() // idle, but not nothing
	opts := Options{Scenarios: list, Server: g.Server, Watch: g.Watch}
	dir, unstored := result.ClaimAgain(filepath.Join(g.Dir, name))
	if unstored == nil {
		defer dir.Release()
		opts.Keep = func(_ string, res *result.Result, c *result.Cell, r *result.Repetition) { _ = dir.Keep(res, c, r) }
	}
	r, err := Run(ctx, opts)
	if err != nil {
		return nil, err
	}
	e.Suites[name] = r
	if unstored == nil {
		unstored = dir.Write(r)
	}
	return unstored, nil
}

// ask carries out a probe and adds what it saw to e. One that was broken off is not stored.
func (g Gathering) ask(ctx context.Context, p probe.Probe, servers *probeServers, e *result.Evidence) (unstored, err error) {
	at, err := servers.get(ctx)
	if err != nil {
		return nil, err
	}
	n := probe.NewNotes(p.Name)
	out := &result.Probe{Version: result.Version, Name: p.Name, About: p.About, Started: time.Now()}
	err = p.Do(ctx, at, n)
	out.Elapsed = time.Since(out.Started)
	out.Observations, out.Log = n.Observations(), n.Log()
	var missing probe.ErrMissing
	switch {
	case ctx.Err() != nil:
		return nil, nil
	case errors.As(err, &missing):
		out.Missing = missing.What
	case err != nil:
		out.Error = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	e.Probes[p.Name] = out
	return result.WriteProbe(g.Dir, out), nil
}

// probeServers are the servers that probes look at: one without and one with TLS, started
// when the first probe asks for them.
type probeServers struct {
	command []string
	running []*serverHandle
	at      probe.Servers
}

func (s *probeServers) get(ctx context.Context) (probe.Servers, error) {
	if len(s.running) > 0 {
		return s.at, nil
	}
	for _, secure := range []bool{false, true} {
		t := &serverHandle{client: statsClient()}
		command := slices.Concat(s.command, []string{"--token-for", probe.User, "--event-interval", "100ms"})
		if secure {
			command = append(command, "--tls")
		}
		if err := t.start(ctx, command); err != nil {
			s.stop()
			return probe.Servers{}, err
		}
		s.running = append(s.running, t)
	}
	s.at = probe.Servers{Plain: s.running[0].info, TLS: s.running[1].info}
	return s.at, nil
}

func (s *probeServers) stop() {
	for _, t := range s.running {
		t.stop()
	}
	s.running = nil
}
