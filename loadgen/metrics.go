package loadgen

import (
	"fmt"
	"math"
	"time"

	"rtbench/report/result"
	"rtbench/scenarios"
)

// windowMetrics returns the metrics of a part of the timeline.
func windowMetrics(r *result.Repetition, from, to time.Duration) scenarios.Metrics {
	var h result.Histogram
	for _, in := range r.Timeline {
		if in.Start+in.Length > from && in.Start < to {
			h.Merge(in.Response)
		}
	}
	f := timeMetrics(h)
	f.Received = float64(h.Count())
	f.Throughput = f.Received / (to - from).Seconds()
	f.Unmeasured, f.Unusable = tooFewSamples(map[string]result.Histogram{"p": h}), whyUnusable(r)
	return f
}

// tooFewSamples explains percentiles that have too few messages in their histogram.
func tooFewSamples(of map[string]result.Histogram) func(string, float64) string {
	return func(name string, percentile float64) string {
		h, ok := of[name]
		if n, need := h.Count(), result.SamplesFor(percentile); ok && percentile > 0 && n < need {
			return fewMessages(n, "messages", percentile, need)
		}
		return ""
	}
}

func fewMessages(n int64, what string, percentile float64, need int64) string {
	if n == 0 {
		return "no messages"
	}
	return fmt.Sprintf("%d %s, p%g needs %d", n, what, percentile, need)
}

// whyUnmeasured explains metrics of a repetition that have no value. A report prints a dash for
// the same reasons.
func whyUnmeasured(r *result.Repetition) func(name string, percentile float64) string {
	few := tooFewSamples(map[string]result.Histogram{"p": r.Response, "service": r.Service, "lag": r.Lag})
	n := r.Counters
	return func(name string, percentile float64) string {
		switch name {
		case "p", "max", "mean":
			if r.Arrivals != nil && r.Arrivals.Refused != "" && r.Response.Count() == 0 {
				return "one-way times refused: " + r.Arrivals.Refused
			}
			if worth, need := r.Independent(percentile), result.SamplesFor(percentile); name == "p" && worth < need && r.Response.Count() >= need {
				return fewMessages(worth, "independent messages", percentile, need)
			}
		case "server_cpu":
			if !r.Server.Known {
				return "the server does not report its resource use (target.stats)"
			}
		case "dropped":
			if !r.Server.Known || r.Server.Source != "" {
				return "the server does not report it"
			}
		case "errors":
			if n.ErrorCount() == 0 && n.Due == 0 {
				return noneDue
			}
		case "lost", "failed", "failed_rate", "not_sent", "duplicates", "out_of_order", "corrupt":
			if n.Due == 0 {
				return noneDue
			}
		}
		return few(name, percentile)
	}
}

const noneDue = "no message was due in the steady phase"

// timeMetrics returns the metrics of response times.
func timeMetrics(h result.Histogram) scenarios.Metrics {
	if h.Count() == 0 {
		nan := math.NaN()
		return scenarios.Metrics{P: func(float64) float64 { return nan }, Max: nan, Mean: nan}
	}
	return scenarios.Metrics{P: quantile(h), Max: float64(h.Max()), Mean: h.Mean()}
}

func quantile(h result.Histogram) func(float64) float64 {
	return func(p float64) float64 { return float64(h.Quantile(p)) }
}

func repetitionMetrics(r *result.Repetition) scenarios.Metrics {
	n := r.Counters
	f := timeMetrics(r.Response)
	f.Service, f.Lag, f.Throughput = quantile(r.Service), quantile(r.Lag), r.Throughput()
	f.Sent, f.Received, f.Lost, f.Duplicates = float64(n.Sent), float64(n.Recorded), float64(n.Lost), float64(n.Duplicates)
	f.OutOfOrder, f.Corrupt, f.Dropped, f.Errors = float64(n.OutOfOrder), float64(n.Corrupt), float64(n.Dropped), float64(n.ErrorCount())
	f.NotSent, f.Failed, f.FailedRate = float64(n.NotSent), float64(n.Failed), n.FailedRate()
	f.ServerCPU, f.ClientCPU, f.WireBytes = r.CPUPerMessage(r.Server), r.CPUPerMessage(r.Client), r.WireBytesPerMessage()
	f.Unmeasured, f.Unusable = whyUnmeasured(r), whyUnusable(r)
	return f
}

// cellMetrics returns the metrics of a baseline: percentiles of all repetitions merged, and the
// mean over repetitions of every other metric. It returns nil for no baseline.
func cellMetrics(c *result.Cell) *scenarios.Metrics {
	if c == nil {
		return nil
	}
	response, service, lag := c.Merged()
	f := timeMetrics(response)
	f.P = func(p float64) float64 {
		if d, ok := c.Percentile(response, p); ok {
			return float64(d)
		}
		return math.NaN()
	}
	f.Service, f.Lag, f.Unusable = quantile(service), quantile(lag), whyUnusableInCell(c)
	few := tooFewSamples(map[string]result.Histogram{"service": service, "lag": lag})
	f.Unmeasured = func(name string, percentile float64) string {
		if _, ok := c.Percentile(response, percentile); name == "p" && !ok {
			return fmt.Sprintf("too few independent messages, p%g needs %d", percentile, result.SamplesFor(percentile))
		}
		return few(name, percentile)
	}
	for _, e := range []struct {
		into *float64
		of   func(scenarios.Metrics) float64
	}{
		{&f.Throughput, func(f scenarios.Metrics) float64 { return f.Throughput }},
		{&f.Sent, func(f scenarios.Metrics) float64 { return f.Sent }},
		{&f.NotSent, func(f scenarios.Metrics) float64 { return f.NotSent }},
		{&f.Received, func(f scenarios.Metrics) float64 { return f.Received }},
		{&f.Lost, func(f scenarios.Metrics) float64 { return f.Lost }},
		{&f.Failed, func(f scenarios.Metrics) float64 { return f.Failed }},
		{&f.FailedRate, func(f scenarios.Metrics) float64 { return f.FailedRate }},
		{&f.Duplicates, func(f scenarios.Metrics) float64 { return f.Duplicates }},
		{&f.OutOfOrder, func(f scenarios.Metrics) float64 { return f.OutOfOrder }},
		{&f.Corrupt, func(f scenarios.Metrics) float64 { return f.Corrupt }},
		{&f.Dropped, func(f scenarios.Metrics) float64 { return f.Dropped }},
		{&f.Errors, func(f scenarios.Metrics) float64 { return f.Errors }},
		{&f.ServerCPU, func(f scenarios.Metrics) float64 { return f.ServerCPU }},
		{&f.ClientCPU, func(f scenarios.Metrics) float64 { return f.ClientCPU }},
		{&f.WireBytes, func(f scenarios.Metrics) float64 { return f.WireBytes }},
	} {
		values := c.Values(func(r *result.Repetition) float64 { return e.of(repetitionMetrics(r)) })
		sum := 0.0
		for _, v := range values {
			sum += v
		}
		*e.into = sum / float64(len(values)) // NaN for none
	}
	return &f
}
