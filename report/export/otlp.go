package export

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	api "go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
)

const (
	sendEvery  = 5 * time.Second
	sendWithin = 2 * time.Second // the deadline of an export
)

// A Sender sends metrics to a collector. It is not safe for concurrent use.
type Sender struct {
	provider *sdk.MeterProvider
	out      *countingExporter
}

// Send sends the metrics to an OTLP/HTTP collector every few seconds and on Close. The path
// defaults to /v1/metrics. An invalid address is an error; Close reports an unresponsive collector.
func Send(address string, f *Metrics) (*Sender, error) { return send(address, f, sendEvery) }

func send(address string, f *Metrics, every time.Duration) (*Sender, error) {
	target, err := collectorURL(address)
	if err != nil {
		return nil, err
	}
	exporter, err := otlpmetrichttp.New(context.Background(), otlpmetrichttp.WithEndpointURL(target),
		otlpmetrichttp.WithTimeout(sendWithin), otlpmetrichttp.WithRetry(otlpmetrichttp.RetryConfig{Enabled: false}))
	if err != nil {
		return nil, fmt.Errorf("OTLP to %s: %w", address, err)
	}
	// The library would print errors over the live view. Close reports them instead.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	out := &countingExporter{Exporter: exporter}
	s := &Sender{out: out, provider: sdk.NewMeterProvider(
		sdk.WithReader(sdk.NewPeriodicReader(out, sdk.WithInterval(every), sdk.WithTimeout(sendWithin), sdk.WithProducer(&producer{metrics: f, started: time.Now()}))),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "rtbench"))),
	)}
	if err := observe(s.provider.Meter("rtbench"), f); err != nil {
		return nil, errors.Join(fmt.Errorf("OTLP: %w", err), s.provider.Shutdown(context.Background()))
	}
	return s, nil
}

// collectorURL validates an address and adds the default path.
func collectorURL(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("%s: not a collector address; expected one like http://127.0.0.1:4318", address)
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return "", fmt.Errorf("port %s: expected a number from 1 to 65535", port)
		}
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/metrics"
	}
	return u.String(), nil
}

// observe registers an instrument for each metric and one callback for all.
func observe(meter api.Meter, f *Metrics) error {
	instruments := map[string]api.Float64Observable{}
	var list []api.Observable
	for _, m := range metrics {
		if m.kind == histogram { // see producer
			continue
		}
		var o api.Float64Observable
		var err error
		if m.kind == counter {
			o, err = meter.Float64ObservableCounter(m.name, api.WithDescription(m.help), api.WithUnit(m.unit))
		} else {
			o, err = meter.Float64ObservableGauge(m.name, api.WithDescription(m.help), api.WithUnit(m.unit))
		}
		if err != nil {
			return err
		}
		instruments[m.name], list = o, append(list, o)
	}
	_, err := meter.RegisterCallback(func(_ context.Context, o api.Observer) error {
		f.each(func(m metric, list []sample) {
			if m.kind == histogram {
				return
			}
			for _, s := range list {
				o.ObserveFloat64(instruments[m.name], s.value, api.WithAttributes(attributes(m.labels, s.labels)...))
			}
		})
		return nil
	}, list...)
	return err
}

func attributes(names []string, values labelValues) []attribute.KeyValue {
	var out []attribute.KeyValue
	for i, name := range names {
		if values[i] != "" { // as in Prometheus
			out = append(out, attribute.String(name, values[i]))
		}
	}
	return out
}

// A producer adds histograms, which instruments of the SDK would make from single values.
type producer struct {
	metrics *Metrics
	started time.Time
}

// Produce implements sdk.Producer.
func (p *producer) Produce(context.Context) ([]metricdata.ScopeMetrics, error) {
	out := metricdata.ScopeMetrics{Scope: instrumentation.Scope{Name: "rtbench"}}
	now := time.Now()
	p.metrics.each(func(m metric, list []sample) {
		if m.kind != histogram || len(list) == 0 {
			return
		}
		data := metricdata.ExponentialHistogram[float64]{Temporality: metricdata.CumulativeTemporality}
		for _, s := range list {
			point := s.times().dataPoint()
			point.Attributes, point.StartTime, point.Time = attribute.NewSet(attributes(m.labels, s.labels)...), p.started, now
			data.DataPoints = append(data.DataPoints, point)
		}
		out.Metrics = append(out.Metrics, metricdata.Metrics{Name: m.name, Description: m.help, Unit: m.unit, Data: data})
	})
	return []metricdata.ScopeMetrics{out}, nil
}

// dataPoint returns the histogram without attributes and times.
func (e exponential) dataPoint() metricdata.ExponentialHistogramDataPoint[float64] {
	d := metricdata.ExponentialHistogramDataPoint[float64]{
		Count: e.count, Sum: e.sum, Scale: scale, ZeroCount: e.zeros, Min: metricdata.NewExtrema(e.min), Max: metricdata.NewExtrema(e.max),
	}
	if len(e.counts) == 0 {
		return d
	}
	indexes := slices.Sorted(maps.Keys(e.counts))
	first, last := indexes[0], indexes[len(indexes)-1]
	d.PositiveBucket.Offset, d.PositiveBucket.Counts = int32(first), make([]uint64, last-first+1)
	for i, n := range e.counts {
		d.PositiveBucket.Counts[i-first] = n
	}
	return d
}

// Close sends the final metrics. It returns an error with the first failure if any export failed.
func (s *Sender) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*sendWithin) // a running export and the final one
	defer cancel()
	err := s.provider.Shutdown(ctx)
	if failed, of, first := s.out.failures(); first != nil {
		return fmt.Errorf("OTLP: %d of %d exports failed: %w", failed, of, first)
	}
	return err
}

// A countingExporter counts failed exports. It completes an export that Shutdown of the library's
// reader would cancel: the collector did not fail.
type countingExporter struct {
	sdk.Exporter
	mu         sync.Mutex
	failed, of int
	first      error
}

func (n *countingExporter) Export(ctx context.Context, m *metricdata.ResourceMetrics) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendWithin)
	defer cancel()
	err := n.Exporter.Export(ctx, m)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.of++
	if err != nil {
		n.failed++
		if n.first == nil {
			n.first = err
		}
	}
	return err
}

func (n *countingExporter) failures() (failed, of int, first error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.failed, n.of, n.first
}
