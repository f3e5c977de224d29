package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"rtbench/proto/quantity"
	"rtbench/scenarios/spec"
)

// checkStats returns why the condition does not fit the server's own metrics that target.stats names; empty if it does.
func (c compiled) checkStats(s Stats) string {
	all := s.Metrics()
	known := func(name string) dimension {
		if i := slices.IndexFunc(all, func(q quantity.Quantity) bool { return q.Name == name }); i >= 0 {
			return dimensions[all[i].Dimension]
		}
		return dimension{zero: true}
	}
	for _, t := range c.terms {
		if t.ofServer() && !slices.ContainsFunc(all, func(q quantity.Quantity) bool { return q.Name == t.metric }) {
			return UnknownServerMetric(t.metric, all)
		}
	}
	if _, err := serverDimensions(known).of(c.program.Node()); err != nil {
		return err.Error()
	}
	return ""
}

// UnknownServerMetric describes a name that is none of the server's own metrics.
func UnknownServerMetric(name string, all []quantity.Quantity) string {
	if len(all) == 0 {
		return name + " is unknown; expected target.stats with series, cgroup or pid"
	}
	names := make([]string, len(all))
	for i, q := range all {
		names[i] = q.Name
	}
	return fmt.Sprintf("unknown metric %q; expected one of %s%s", name, strings.Join(names, ", "), spec.Nearest(name, names...))
}

// checkServerMetrics reports conditions that do not fit target.stats.
func (s *Scenario) checkServerMetrics(r *spec.Reader) {
	if r.Bad("thresholds") || r.Bad("target") {
		return
	}
	for i, t := range s.Thresholds {
		if t.program == nil {
			continue
		}
		stats := Stats{}
		if s.Custom != nil {
			stats = s.Custom.Stats
		}
		if why := t.checkStats(stats); why != "" {
			r.At("thresholds", "[%d]: %s: %s", i, spec.Quote(t.Condition), why)
		}
	}
}
