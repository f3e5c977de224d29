package target

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"rtbench/proto"
	"rtbench/proto/usage"
	"rtbench/scenarios"
)

// A statsSource reads the metrics of a custom target. It is safe for concurrent use.
type statsSource interface {
	// read returns the resources used so far; unknown values are 0. It takes at most 2 s and ends
	// when ctx does.
	read(ctx context.Context) (proto.Stats, error)
	// name describes the source, without secrets. It is empty if there is none.
	name() string
}

// newStatsSource returns the source that target.stats selects, or one that returns an error. The
// first read connects.
func newStatsSource(s scenarios.Stats) (statsSource, error) {
	var given []string
	var source statsSource = noStats{}
	if s.PID != 0 {
		given, source = append(given, "pid"), processStats(s.PID)
	}
	if s.Prometheus != "" {
		p, err := newPrometheusStats(s.Prometheus)
		if err != nil {
			return nil, err
		}
		given, source = append(given, "prometheus"), p
	}
	if s.Rtbench != "" {
		given, source = append(given, "rtbench"), &controlStats{newStatsClient(), hostPort(s.Rtbench)}
	}
	if len(given) > 1 {
		return nil, fmt.Errorf("target.stats: found %s; expected only one of pid, prometheus and rtbench", strings.Join(given, " and "))
	}
	return source, nil
}

// CheckStats reads the metrics of a custom target once, if the scenario names their source.
func CheckStats(ctx context.Context, s *scenarios.Scenario) error {
	source, err := newStatsSource(s.Custom.Stats)
	if err != nil || source.name() == "" {
		return err
	}
	if _, err = source.read(ctx); err != nil {
		return fmt.Errorf("%w; expected the server's metrics there; or omit target.stats", err)
	}
	return nil
}

// noStats is the absent source.
type noStats struct{}

var errNoStatsSource = errors.New("target.stats does not name a source of the server's metrics")

func (noStats) read(context.Context) (proto.Stats, error) { return proto.Stats{}, errNoStatsSource }
func (noStats) name() string                              { return "" }

// processStats is the PID of a process on this machine.
type processStats int

func (p processStats) read(context.Context) (proto.Stats, error) {
	u, err := usage.ReadProcess(int(p))
	if err != nil {
		return proto.Stats{}, fmt.Errorf("target.stats: %w", err)
	}
	return proto.Stats{Usage: u}, nil
}

func (p processStats) name() string { return fmt.Sprintf("pid %d", int(p)) }

// controlStats reads /stats at the control address of a reference server.
type controlStats struct {
	client  *http.Client
	control string
}

func (c *controlStats) read(ctx context.Context) (proto.Stats, error) {
	ctx, cancel := context.WithTimeout(ctx, scrapeTimeout)
	defer cancel()
	var s proto.Stats
	if err := getJSON(ctx, c.client, c.control, "/stats", &s); err != nil {
		return proto.Stats{}, fmt.Errorf("target.stats: no stats at %s: %w", c.control, withoutURL(err))
	}
	return s, nil
}

func (c *controlStats) name() string { return "rtbench " + c.control }
