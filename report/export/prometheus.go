package export

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// An Endpoint serves Prometheus. It is not safe for concurrent use.
type Endpoint struct {
	server http.Server
	addr   net.Addr
	ended  chan error
}

// Serve serves the metrics at http://address/metrics until Close. It returns an error if it cannot
// listen on the address.
func Serve(address string, f *Metrics) (*Endpoint, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening for Prometheus on %s: %w", address, err)
	}
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(newCollector(f)); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("metrics for Prometheus: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	e := &Endpoint{addr: l.Addr(), ended: make(chan error, 1)}
	// Slow scrapes time out, so that they do not delay the end of the run.
	e.server = http.Server{Handler: mux, ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second}
	go func() { e.ended <- e.server.Serve(l) }()
	return e, nil
}

// URL returns the URL of the metrics.
func (e *Endpoint) URL() string { return "http://" + e.addr.String() + "/metrics" }

// Close stops serving; a scrape in progress has a second to finish. It returns the error that
// stopped the server earlier, if any.
func (e *Endpoint) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if e.server.Shutdown(ctx) != nil {
		_ = e.server.Close()
	}
	if err := <-e.ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving Prometheus: %w", err)
	}
	return nil
}

// A collector converts samples to Prometheus metrics on request.
type collector struct {
	metrics *Metrics
	descs   map[string]*prometheus.Desc
}

func newCollector(f *Metrics) *collector {
	c := &collector{metrics: f, descs: map[string]*prometheus.Desc{}}
	for _, m := range metrics {
		c.descs[m.name] = prometheus.NewDesc(m.name, m.help, m.labels, nil)
	}
	return c
}

func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range metrics {
		out <- c.descs[m.name]
	}
}

func (c *collector) Collect(out chan<- prometheus.Metric) {
	c.metrics.each(func(m metric, list []sample) {
		as := prometheus.GaugeValue
		if m.kind == counter {
			as = prometheus.CounterValue
		}
		for _, f := range list {
			if m.kind == histogram {
				out <- nativeHistogram(c.descs[m.name], f)
				continue
			}
			out <- prometheus.MustNewConstMetric(c.descs[m.name], as, f.value, f.labels...)
		}
	})
}

// nativeHistogram returns a native histogram, which Prometheus reads if it scrapes them (scrape_native_histograms,
// or --enable-feature=native-histograms before 3.8). Other scrapes get the count and the sum only.
func nativeHistogram(desc *prometheus.Desc, s sample) prometheus.Metric {
	e := s.times()
	buckets := map[int]int64{}
	for i, n := range e.counts {
		buckets[i+1] = int64(n) // Prometheus counts buckets by their upper bounds
	}
	m, err := prometheus.NewConstNativeHistogram(desc, e.count, e.sum, buckets, nil, e.zeros, scale, 0, time.Time{}, s.labels...)
	if err != nil {
		return prometheus.NewInvalidMetric(desc, err)
	}
	return m
}
