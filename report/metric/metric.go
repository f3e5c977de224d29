// Package metric is the table of metrics. Every report, comparison, claim and threshold iterates
// over it or takes a row of it, so that a metric has one name, unit, direction and computation.
package metric

import (
	"cmp"
	"fmt"
	"math"

	"rtbench/proto/quantity"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// Confidence is the requested confidence of every interval.
const Confidence = 0.95

// MinPairs is the smallest number of values or pairs whose exact interval reaches Confidence: 6.
var MinPairs = stats.ValuesFor(Confidence)

// A Metric is a row of the table.
type Metric struct {
	quantity.Quantity
	// Head is the heading in text tables and Label the name in HTML and in sentences.
	Head, Label string
	// CSV is the column in CSV and Bench the unit in the Go benchmark format; empty if it is not in
	// there.
	CSV, Bench string
	Views      Views
	// Percentile is that of a time, or result.Maximum; 0 for other metrics.
	Percentile float64
	// Undirected reports that it is unknown whether more or less is better.
	Undirected bool
	// Imposed reports that the load determines the metric except in a closed loop.
	Imposed bool
	// Missing returns the reason why a repetition has no value; empty if it has one. It may be nil.
	Missing func(*result.Repetition) string

	of     func(result.Config, *result.Repetition) float64
	least  func(result.Config, *result.Repetition) float64 // a lower bound where of is unknown; may be nil
	ofCell func(Cell) float64                              // if it is not the median over the repetitions
	format func(float64) string                            // if it is not that of the dimension
	crowd  bool                                            // meaningful for many streams only
	// answers means that only pattern generate has it.
	answers bool
	times   string // the kind of times that the names are qualified for, see In
}

// Views are the tables that show a metric.
type Views int

// The tables.
const (
	Main      Views = 1 << iota // text and Markdown, per cell
	Precision                   // text and Markdown, with intervals
	History
	Compare    // HTML, side by side
	Curve      // HTML, by percentile
	Cost       // HTML
	Arrivals   // per stream
	Connecting // of streams before the load
	ConnectingBriefly
	Joins // of users that come and go
	JoinsBriefly
	Gate // gate and compare
	GateOnRequest
)

// In returns the metrics of any of the tables, in order.
func In(v Views) []Metric {
	return filter(func(m Metric) bool { return m.Views&v != 0 })
}

// For returns the row of a quantity that has one.
func For(q quantity.Quantity) Metric { return named(q.Name) }

// ClientTime returns the row of the generator's own part of response times.
func ClientTime() Metric { return named("client time") }

// MemoryPerConnection returns the rows of the server's and the client's memory per connection.
func MemoryPerConnection() []Metric {
	return []Metric{named("server memory per connection"), named("client memory per connection")}
}

// Time returns the row of percentile p of the response times.
func Time(p float64) Metric { return named(result.MetricName(p)) }

func named(name string) Metric {
	return filter(func(m Metric) bool { return m.Name == name })[0]
}

func filter(keep func(Metric) bool) []Metric {
	var out []Metric
	for _, m := range Table {
		if keep(m) {
			out = append(out, m)
		}
	}
	return out
}

// Exists reports whether cells of this configuration have the metric.
func (m Metric) Exists(c result.Config) bool {
	return (!m.crowd || c.Connections*c.Streams >= result.ManyStreams) && (!m.answers || c.Pattern == "generate")
}

// Of returns a function for the values of repetitions of a cell; NaN if unknown or unusable.
func (m Metric) Of(c result.Config) func(*result.Repetition) float64 {
	return func(r *result.Repetition) float64 {
		if !m.Exists(c) {
			return math.NaN()
		}
		return m.of(c, r)
	}
}

// isTime reports whether the metric is one of the times of a cell: response or delivery times, gaps
// or one-way times.
func (m Metric) isTime() bool { return m.Percentile > 0 && m.ofCell == nil }

// Values returns the values of the repetitions that are used and have the metric.
func (m Metric) Values(c *result.Cell) []float64 { return c.Values(m.Of(c.Config)) }

// Value returns the value of a cell: a percentile of the merged histograms, or the median over the
// repetitions. It is NaN if unknown.
func (m Metric) Value(c Cell) float64 {
	switch {
	case m.ofCell != nil:
		return m.ofCell(c)
	case m.isTime():
		return result.Nanoseconds(c.Percentile(c.Response, m.Percentile))
	}
	return stats.Median(m.Values(c.Cell))
}

// Interval returns the value of a cell with its interval over the repetitions. For a single
// repetition, the interval of a percentile comes from its messages.
func (m Metric) Interval(c Cell) stats.Interval {
	if !m.isTime() {
		return stats.MedianInterval(m.Values(c.Cell), Confidence)
	}
	in := c.Interval(c.Response, m.Percentile, Confidence)
	if in.N == 1 && len(c.Repetitions) == 1 {
		if low, high, bounded := c.Repetitions[0].PercentileInterval(m.Percentile, Confidence); bounded {
			in.Low, in.High = float64(low), float64(high)
		}
	}
	return in
}

// Crowd reports whether the metric is meaningful for many streams only.
func (m Metric) Crowd() bool { return m.crowd }

// Compare orders two values, the better one first.
func (m Metric) Compare(a, b float64) int {
	if m.Higher {
		a, b = b, a
	}
	return cmp.Compare(a, b)
}

// Text formats the value of a cell; bounds are marked.
func (m Metric) Text(c Cell) string {
	if most, ok := m.UpperBound(c); ok {
		return result.AtMost + result.Duration(most)
	}
	if least, ok := m.LowerBound(c); ok {
		return result.AtLeast + m.Format(least)
	}
	return m.Format(m.Value(c))
}

// UpperBound returns the upper bound of a cell's value if its value is not known.
func (m Metric) UpperBound(c Cell) (most float64, ok bool) {
	if !m.isTime() {
		return 0, false
	}
	d, ok := c.UpperBound(c.Response, m.Percentile)
	return float64(d), ok
}

// LowerBound returns the median of the lower bounds of a cell if its value is not known.
func (m Metric) LowerBound(c Cell) (least float64, ok bool) {
	if m.least == nil || !math.IsNaN(m.Value(c)) {
		return 0, false
	}
	least = stats.Median(c.Values(func(r *result.Repetition) float64 { return m.least(c.Config, r) }))
	return least, !math.IsNaN(least)
}

// Format formats a value for readers; result.Unknown for NaN.
func (m Metric) Format(v float64) string {
	switch {
	case m.format != nil:
		return m.format(v)
	case m.Dimension == quantity.Time:
		return result.Duration(v)
	case m.Dimension == quantity.Bytes:
		return result.Bytes(v)
	case m.Dimension == quantity.Count && !math.IsNaN(v):
		return fmt.Sprintf("%.0f", v)
	}
	return result.Count(v)
}

// In returns the metric under its names in a cell: gaps and one-way times are not response times.
func (m Metric) In(c result.Config) Metric {
	if !m.isTime() || m.times == c.Times {
		return m
	}
	m.times = c.Times
	if m.Bench != "" {
		m.Bench = c.Times + "-" + m.Bench
	}
	m.CSV = ""
	if c.Times == result.TimesGap {
		m.Name, m.Head, m.Label = "gap_"+m.Name, "gap "+m.Head, "gap "+m.Label
	}
	return m
}

// Measures reports whether the metric measures the target in a cell of this configuration, as
// opposed to the load.
func (m Metric) Measures(c result.Config) bool { return !m.Imposed || c.Model == "closed" }

// Compares reports whether the metrics of two cells are of the same kind.
func (m Metric) Compares(a, b result.Config) bool { return !m.isTime() || a.Times == b.Times }
