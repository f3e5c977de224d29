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

// A statsSource is where the figures of a server of the user's own come from. It is safe
// for concurrent use.
type statsSource interface {
	// read says what the server has used so far; what the source does not tell is 0. The
	// error says what is missing. It waits for 2 s at most, and no longer than ctx.
	read(ctx context.Context) (proto.Stats, error)
	// name is the source in a few words, without secrets; empty where there is none.
	name() string
}

// newStatsSource returns the source that target.stats asks for; without one, a source that
// knows nothing. It asks nothing yet: the first read says whether the source is there.
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
		return nil, fmt.Errorf("target.stats: %s are given, expected one of pid, prometheus and rtbench", strings.Join(given, " and "))
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
		return fmt.Errorf("%w; expected the server's figures there, or target.stats left out", err)
	}
	return nil
}

// noStats is no source.
type noStats struct{}

var errNoStatsSource = errors.New("the scenario does not say where the server's figures come from (target.stats)")

func (noStats) read(context.Context) (proto.Stats, error) { return proto.Stats{}, errNoStatsSource }
func (noStats) name() string                              { return "" }

// processStats is a process of this machine, by its number.
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
