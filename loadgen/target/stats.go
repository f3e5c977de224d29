package target

import (
	"context"
	"errors"
	"fmt"

	"rtbench/proto"
	"rtbench/proto/usage"
	"rtbench/scenarios"
)

// A statsSource reads the metrics of a custom target. It is safe for concurrent use.
type statsSource struct {
	// name describes the source, without secrets. It is empty if there is none.
	name string
	// read returns the resources used so far; unknown values are 0. It takes at most 2 s and ends
	// when ctx does.
	read func(ctx context.Context) (proto.Stats, error)
}

// newStatsSource returns the source that target.stats selects, or one that returns an error. The
// first read connects.
func newStatsSource(s scenarios.Stats) (*statsSource, error) {
	switch {
	case s.PID != 0:
		return processStats(s.PID), nil
	case s.Prometheus != "":
		return prometheusStats(s.Prometheus)
	case s.Rtbench != "":
		return controlStats(hostPort(s.Rtbench)), nil
	}
	return &statsSource{read: func(context.Context) (proto.Stats, error) { return proto.Stats{}, errNoStatsSource }}, nil
}

// CheckStats reads the metrics of a custom target once, if the scenario names their source.
func CheckStats(ctx context.Context, s *scenarios.Scenario) error {
	source, err := newStatsSource(s.Custom.Stats)
	if err != nil || source.name == "" {
		return err
	}
	if _, err = source.read(ctx); err != nil {
		return fmt.Errorf("%w; expected the server's metrics there; or omit target.stats", err)
	}
	return nil
}

var errNoStatsSource = errors.New("target.stats does not name a source of the server's metrics")

// processStats reads the metrics of a process on this machine.
func processStats(pid int) *statsSource {
	return &statsSource{fmt.Sprintf("pid %d", pid), func(context.Context) (proto.Stats, error) {
		u, err := usage.ReadProcess(pid)
		if err != nil {
			return proto.Stats{}, fmt.Errorf("target.stats: %w", err)
		}
		return proto.Stats{Usage: u}, nil
	}}
}

// controlStats reads /stats at the control address of a reference server.
func controlStats(control string) *statsSource {
	client := newStatsClient()
	return &statsSource{"rtbench " + control, func(ctx context.Context) (s proto.Stats, err error) {
		ctx, cancel := context.WithTimeout(ctx, scrapeTimeout)
		defer cancel()
		if err = getJSON(ctx, client, control, "/stats", &s); err != nil {
			err = fmt.Errorf("target.stats: no stats at %s: %w", control, withoutURL(err))
		}
		return s, err
	}}
}
