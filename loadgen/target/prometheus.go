package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"rtbench/proto"
)

// Bounds of reading metrics.
const (
	scrapeTimeout = 2 * time.Second
	scrapeLimit   = 4 << 20
)

// prometheusStats reads metrics in Prometheus text format, under the names of its client
// libraries.
func prometheusStats(at string) (*statsSource, error) {
	u, err := url.Parse(at)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("target.stats.prometheus: expected a URL such as http://127.0.0.1:9100/metrics")
	}
	client := newStatsClient()
	name := "prometheus " + u.Host + u.EscapedPath() // credentials and the query may be secret
	return &statsSource{name, func(ctx context.Context) (proto.Stats, error) {
		ctx, cancel := context.WithTimeout(ctx, scrapeTimeout)
		defer cancel()
		s, err := scrape(ctx, client, u.String())
		if err != nil {
			err = fmt.Errorf("target.stats: %s: %w", name, err)
		}
		return s, err
	}}, nil
}

func scrape(ctx context.Context, client *http.Client, at string) (proto.Stats, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return proto.Stats{}, withoutURL(err)
	}
	req.Header.Set("Accept", "text/plain;version=0.0.4")
	resp, err := client.Do(req)
	if err != nil {
		return proto.Stats{}, withoutURL(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return proto.Stats{}, fmt.Errorf("HTTP status %s; expected 200", resp.Status)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, scrapeLimit+1))
	switch {
	case err != nil:
		return proto.Stats{}, withoutURL(err)
	case len(b) > scrapeLimit:
		return proto.Stats{}, fmt.Errorf("more than %d MiB of metrics", scrapeLimit>>20)
	}
	return parsePrometheus(string(b))
}

// withoutURL returns the error of a request without its URL, whose query may be secret.
func withoutURL(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// parsePrometheus reads the metrics of a process. CPU and memory are required; Go's metrics are
// optional. Metrics of several processes behind one address are summed.
func parsePrometheus(text string) (proto.Stats, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		return proto.Stats{}, fmt.Errorf("not the Prometheus text format: %w", err)
	}
	var s proto.Stats
	for _, m := range []struct {
		name   string
		needed bool
		of     func(*dto.Metric) float64
		most   float64
		take   func(float64)
	}{
		{"process_cpu_seconds_total", true, value, 9e9, func(v float64) { s.CPU = inSeconds(v) }},
		{"process_resident_memory_bytes", true, value, 9e18, func(v float64) { s.RSS = int64(v) }},
		{"go_goroutines", false, value, 9e18, func(v float64) { s.Goroutines = int64(v) }},
		{gcMetric, false, func(m *dto.Metric) float64 { return float64(m.GetSummary().GetSampleCount()) }, 9e18, func(v float64) { s.GCs = int64(v) }},
		{gcMetric, false, func(m *dto.Metric) float64 { return m.GetSummary().GetSampleSum() }, 9e9, func(v float64) { s.GCPause = inSeconds(v) }},
	} {
		list := families[m.name].GetMetric()
		if len(list) == 0 && m.needed {
			return proto.Stats{}, fmt.Errorf("no metric %s; found %s", m.name, metricNames(families))
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

// gcMetric summarizes garbage collection pauses.
const gcMetric = "go_gc_duration_seconds"

// value returns the value of a counter, a gauge or an untyped metric.
func value(m *dto.Metric) float64 {
	return m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue()
}

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
