package scenarios

import "reflect"

// Metrics are the values of one repetition, by their names in conditions. Times are in
// nanoseconds. The tag dim is the dimension: time, rate, bytes, count or ratio. In the zero value
// all metrics are 0 and percentiles are missing: a threshold that uses one is an error.
type Metrics struct {
	// P returns a percentile (0 to 100] of the response time; in push and fanout of the delivery
	// time.
	P       func(percentile float64) float64 `expr:"p" dim:"time"`
	Service func(percentile float64) float64 `expr:"service" dim:"time"` // received − sent
	Lag     func(percentile float64) float64 `expr:"lag" dim:"time"`     // sent − intended

	Max        float64 `expr:"max" dim:"time"`        // response time
	Mean       float64 `expr:"mean" dim:"time"`       // response time
	Throughput float64 `expr:"throughput" dim:"rate"` // messages/s

	// Counts of messages due in the steady phase.
	Sent     float64 `expr:"sent" dim:"count"`
	NotSent  float64 `expr:"not_sent" dim:"count"` // never sent
	Received float64 `expr:"received" dim:"count"`
	Lost     float64 `expr:"lost" dim:"count"` // sent without a reply
	// Failed counts unsuccessful messages, each once: not sent, lost, error replies, and replies
	// that violate expect. FailedRate is their share of the messages due, from 0 to 1.
	Failed     float64 `expr:"failed" dim:"count"`
	FailedRate float64 `expr:"failed_rate" dim:"ratio"`
	Duplicates float64 `expr:"duplicates" dim:"count"`
	OutOfOrder float64 `expr:"out_of_order" dim:"count"`
	Corrupt    float64 `expr:"corrupt" dim:"count"`
	Dropped    float64 `expr:"dropped" dim:"count"` // by the server: queue full
	// Errors counts failed messages, broken streams, failed attempts to open a stream, and streams
	// that never opened.
	Errors float64 `expr:"errors" dim:"count"`

	// Per message.
	ServerCPU float64 `expr:"server_cpu" dim:"time"`
	ClientCPU float64 `expr:"client_cpu" dim:"time"`
	WireBytes float64 `expr:"wire_bytes" dim:"bytes"`

	// Base holds the metrics of the same cell of the baseline; nil without one.
	Base *Metrics `expr:"base"`

	// Unmeasured returns the reason why a metric (p, service and lag: that percentile) was not
	// measured; empty if it was. If nil, all metrics that are not NaN were.
	Unmeasured func(metric string, percentile float64) string `expr:"-"`
	// Unusable returns the reason why a measured metric is not usable, empty if it is, and whether
	// the value is an upper bound. If nil, all are usable.
	Unusable func(metric string, percentile float64) (why string, atMost bool) `expr:"-"`
}

// base is the prefix of baseline metrics, as in base.p(99).
const base = "base"

// windowMetrics are the metrics of a window of the steady phase.
var windowMetrics = []string{"p", "max", "mean", "throughput", "received"}

// liveMetrics are the metrics known during the steady phase.
var liveMetrics = []string{"p", "service", "lag", "max", "mean", "failed", "failed_rate", "errors"}

// metricNames lists the metrics in the order of the fields, without those of the baseline.
func metricNames() []string {
	var words []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Metrics]()) {
		if word := f.Tag.Get("expr"); word != base && word != "-" {
			words = append(words, word)
		}
	}
	return words
}
