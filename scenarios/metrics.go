package scenarios

import "reflect"

// Metrics are the words of a threshold with their values for one repetition.
// Times are nanoseconds. The tag dim is a figure's dimension: time, rate, bytes, count or ratio
// (dimension.go). The zero value has 0 for every figure and no
// percentiles: a threshold that asks for one is an error.
type Metrics struct {
	// P returns a percentile (0 to 100] of the response time, in push and fanout
	// of the delivery time.
	P       func(percentile float64) float64 `expr:"p" dim:"time"`
	Service func(percentile float64) float64 `expr:"service" dim:"time"` // of received − sent
	Lag     func(percentile float64) float64 `expr:"lag" dim:"time"`     // of sent − intended

	Max        float64 `expr:"max" dim:"time"`        // response time
	Mean       float64 `expr:"mean" dim:"time"`       // response time
	Throughput float64 `expr:"throughput" dim:"rate"` // messages/s

	// Counts of messages that were due in the steady phase.
	Sent     float64 `expr:"sent" dim:"count"`
	NotSent  float64 `expr:"not_sent" dim:"count"` // never left
	Received float64 `expr:"received" dim:"count"`
	Lost     float64 `expr:"lost" dim:"count"` // sent, and no reply came
	// Failed counts messages that did not succeed, each once: not sent, lost, answered by an
	// error or by a reply that violates expect. FailedRate is their share of those due, from
	// 0 to 1.
	Failed     float64 `expr:"failed" dim:"count"`
	FailedRate float64 `expr:"failed_rate" dim:"ratio"`
	Duplicates float64 `expr:"duplicates" dim:"count"`
	OutOfOrder float64 `expr:"out_of_order" dim:"count"`
	Corrupt    float64 `expr:"corrupt" dim:"count"`
	Dropped    float64 `expr:"dropped" dim:"count"` // by the server, for a full queue
	// Errors counts failed messages, broken streams, failed attempts to open a stream, and
	// streams that could never be opened.
	Errors float64 `expr:"errors" dim:"count"`

	// Per message.
	ServerCPU float64 `expr:"server_cpu" dim:"time"`
	ClientCPU float64 `expr:"client_cpu" dim:"time"`
	WireBytes float64 `expr:"wire_bytes" dim:"bytes"`

	// Base has the same figures of the same cell of the baseline; nil without one.
	Base *Metrics `expr:"base"`

	// Unmeasured returns why a figure, for p, service and lag at that percentile, was not
	// measured; empty if it was. nil: every figure that is not NaN was.
	Unmeasured func(figure string, percentile float64) string `expr:"-"`
	// Unusable returns why the value of a measured figure is not usable, empty if it is, and
	// whether the value is an upper bound. nil: all are usable.
	Unusable func(figure string, percentile float64) (why string, atMost bool) `expr:"-"`
}

// base opens a figure of the baseline, as in base.p(99).
const base = "base"

// windowMetrics are the figures that a window of the steady phase has by itself.
var windowMetrics = []string{"p", "max", "mean", "throughput", "received"}

// liveMetrics are the figures that are known while the steady phase goes on.
var liveMetrics = []string{"p", "service", "lag", "max", "mean", "failed", "failed_rate", "errors"}

// metricNames lists the words in the order of the fields, those of the baseline
// left out.
func metricNames() []string {
	var words []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Metrics]()) {
		if word := f.Tag.Get("expr"); word != base && word != "-" {
			words = append(words, word)
		}
	}
	return words
}
