package target

import (
	"context"
	"errors"
	"fmt"

	"rtbench/loadgen/scrape"
	"rtbench/proto"
	"rtbench/proto/usage"
	"rtbench/scenarios"
)

// A statsSource reads the CPU time and memory of a custom target. It is safe for concurrent use.
type statsSource struct {
	// name describes the source, without secrets. It is empty if there is none.
	name string
	// read returns the resources used so far; unknown values are 0. It takes at most 2 s and ends
	// when ctx does.
	read func(ctx context.Context) (proto.Stats, error)
}

// Sources are those of the server's own metrics that target.stats names; nil ones are not named.
type Sources struct {
	Exporter  *scrape.Client
	Group     *usage.Group
	Processes *usage.Processes
}

// newSources returns the sources that target.stats selects. It connects to none.
func newSources(s *scenarios.Scenario) (all Sources, err error) {
	stats := s.Custom.Stats
	if stats.Prometheus != "" {
		if all.Exporter, err = scrape.New(stats.Prometheus); err != nil {
			return all, fmt.Errorf("target.stats.prometheus: %w", err)
		}
	}
	if stats.Processes() {
		all.Processes = &usage.Processes{PIDs: stats.PIDs, Children: stats.Children}
		if stats.PIDFile != "" {
			all.Processes.File = s.Resolve(stats.PIDFile)
		}
	}
	if stats.CGroup != "" {
		group, err := all.group(stats.CGroup)
		if err != nil {
			return all, fmt.Errorf("target.stats.cgroup: %w", err)
		}
		all.Group = &group
	}
	return all, nil
}

// group finds a control group.
func (all Sources) group(text string) (usage.Group, error) {
	switch {
	case text[0] == '/':
		return usage.GroupAt(text)
	case text != scenarios.CGroupOfPID:
		return usage.GroupOfContainer(text)
	}
	ids, err := all.Processes.IDs()
	if err != nil {
		return usage.Group{}, err
	}
	return usage.GroupOf(ids[0])
}

// stats returns the source of CPU time and memory, or one that returns an error. The first read connects.
func (all Sources) stats(s scenarios.Stats) *statsSource {
	switch {
	case all.Processes != nil:
		return processStats(all.Processes)
	case all.Group != nil:
		return groupStats(*all.Group)
	case all.Exporter != nil:
		return prometheusStats(all.Exporter)
	case s.Rtbench != "":
		return controlStats(hostPort(s.Rtbench))
	}
	return &statsSource{read: func(context.Context) (proto.Stats, error) { return proto.Stats{}, errNoStatsSource }}
}

// CheckStats reads the metrics of a custom target once, if the scenario names their source.
func CheckStats(ctx context.Context, s *scenarios.Scenario) error {
	all, err := newSources(s)
	source := all.stats(s.Custom.Stats)
	if err != nil || source.name == "" {
		return err
	}
	if _, err = source.read(ctx); errors.Is(err, errNoProcess) && len(s.Custom.Stats.Series) > 0 {
		err = nil // it exports series, but not its CPU time
	}
	if err == nil && all.Exporter != nil {
		_, err = all.Exporter.Fetch(ctx, scrape.Timeout)
	}
	if err != nil {
		return fmt.Errorf("%w; expected the server's metrics there; or omit target.stats", err)
	}
	return nil
}

var errNoStatsSource = errors.New("target.stats does not name a source of the server's metrics")

// processStats reads the metrics of processes on this machine.
func processStats(p *usage.Processes) *statsSource {
	return &statsSource{p.String(), func(context.Context) (proto.Stats, error) {
		u, _, err := p.Read()
		if err != nil {
			return proto.Stats{}, fmt.Errorf("target.stats: %w", err)
		}
		return proto.Stats{Usage: u}, nil
	}}
}

// groupStats reads the metrics of a control group on this machine.
func groupStats(g usage.Group) *statsSource {
	return &statsSource{"cgroup " + g.Name, func(context.Context) (proto.Stats, error) {
		u, err := g.Read()
		if err != nil {
			return proto.Stats{}, fmt.Errorf("target.stats: %w", err)
		}
		return proto.Stats{Usage: usage.Usage{CPU: u.CPU, RSS: u.Memory}}, nil
	}}
}

// controlStats reads /stats at the control address of a reference server.
func controlStats(control string) *statsSource {
	client := newStatsClient()
	return &statsSource{"rtbench " + control, func(ctx context.Context) (s proto.Stats, err error) {
		ctx, cancel := context.WithTimeout(ctx, scrape.Timeout)
		defer cancel()
		if err = getJSON(ctx, client, control, "/stats", &s); err != nil {
			err = fmt.Errorf("target.stats: no stats at %s: %w", control, scrape.WithoutURL(err))
		}
		return s, err
	}}
}
