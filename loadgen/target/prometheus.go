package target

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"

	"rtbench/loadgen/scrape"
	"rtbench/proto"
)

// prometheusStats reads metrics in Prometheus format, under the names of its client libraries.
func prometheusStats(client *scrape.Client) *statsSource {
	return &statsSource{client.Name(), func(ctx context.Context) (s proto.Stats, err error) {
		page, err := client.Fetch(ctx, 0)
		if err == nil {
			s, err = processOf(page.Families)
		}
		if err != nil {
			err = fmt.Errorf("target.stats: %s: %w", client.Name(), err)
		}
		return s, err
	}}
}

// processOf reads the metrics of a process. CPU and memory are required; Go's metrics are
// optional. Metrics of several processes behind one address are summed.
func processOf(families map[string]*dto.MetricFamily) (proto.Stats, error) {
	var s proto.Stats
	for _, m := range []struct {
		name   string
		needed bool
		of     func(*dto.Metric) float64
		most   float64
		take   func(float64)
	}{
		{"process_cpu_seconds_total", true, scrape.Value, 9e9, func(v float64) { s.CPU = inSeconds(v) }},
		{"process_resident_memory_bytes", true, scrape.Value, 9e18, func(v float64) { s.RSS = int64(v) }},
		{"go_goroutines", false, scrape.Value, 9e18, func(v float64) { s.Goroutines = int64(v) }},
		{gcMetric, false, func(m *dto.Metric) float64 { return float64(m.GetSummary().GetSampleCount()) }, 9e18, func(v float64) { s.GCs = int64(v) }},
		{gcMetric, false, func(m *dto.Metric) float64 { return m.GetSummary().GetSampleSum() }, 9e9, func(v float64) { s.GCPause = inSeconds(v) }},
	} {
		list := families[m.name].GetMetric()
		if len(list) == 0 && m.needed {
			return proto.Stats{}, fmt.Errorf("%w %s; found %s", errNoProcess, m.name, metricNames(families))
		}
		sum := 0.0
		for _, one := range list {
			sum += m.of(one)
		}
		if !(sum >= 0 && sum <= m.most) { // also false for NaN
			return proto.Stats{}, fmt.Errorf("%s is %g; expected a number from 0 to %g", m.name, sum, m.most)
		}
		m.take(sum)
	}
	return s, nil
}

// errNoProcess begins the error of an exporter without the metrics of a process.
var errNoProcess = errors.New("no metric")

// gcMetric summarizes garbage collection pauses.
const gcMetric = "go_gc_duration_seconds"

func inSeconds(v float64) time.Duration { return time.Duration(v * float64(time.Second)) }

// metricNames lists the first few names in families, starting with process_ metrics.
func metricNames(families map[string]*dto.MetricFamily) string {
	const most = 8
	var names, others []string
	for _, name := range slices.Sorted(maps.Keys(families)) {
		if strings.HasPrefix(name, "process_") {
			names = append(names, name)
		} else {
			others = append(others, name)
		}
	}
	names = append(names, others...)
	switch more := len(names) - most; {
	case len(names) == 0:
		return "none"
	case more > 0:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}
