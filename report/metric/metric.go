// Package metric is the table of metrics. Every report, comparison, claim and threshold iterates
// over it or takes a row of it, so that a metric has one name, unit, direction and computation.
package metric

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"rtbench/proto/quantity"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// Confidence is the requested confidence of every interval.
const Confidence = 0.95

// MinPairs is the smallest number of values or pairs whose exact interval reaches Confidence: 6.
var MinPairs = stats.ValuesFor(Confidence)

// MinLead is the ratio that a whole interval must exceed before reports and claims call one cell ahead of
// another: 5 %.
const MinLead = 1.05

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
	// Imposed reports that the load determines the metric except in a closed loop.
	Imposed bool
	// Missing returns the reason why a repetition has no value; empty if it has one. It may be nil.
	Missing func(*result.Repetition) string

	of     func(result.Config, *result.Repetition) float64
	ofCell func(Cell) float64   // if it is not the median over the repetitions
	format func(float64) string // if it is not that of the dimension
	crowd  bool                 // meaningful for many streams only
	times  string               // the kind of times that the names are qualified for, see In
}

// Views are the tables that show a metric.
type Views int

// The tables.
const (
	Main      Views = 1 << iota // text and Markdown, per cell
	Precision                   // text and Markdown, with intervals
	History
	Compare  // HTML, side by side
	Curve    // HTML, by percentile
	Cost     // HTML
	Arrivals // per stream
	Gate     // gate and compare
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
	return !m.crowd || c.Connections*c.Streams >= result.ManyStreams
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

// Bounds returns a function for the bounds of the values that Of returns. They differ only for times
// that a late sender may have raised, which Of leaves out.
func (m Metric) Bounds(c result.Config) func(*result.Repetition) (low, high float64) {
	of := m.Of(c)
	return func(r *result.Repetition) (low, high float64) {
		if m.isTime() {
			return r.TimeBounds(m.Percentile)
		}
		v := of(r)
		return v, v
	}
}

// CellBounds returns the bounds of a time of a cell that is not known, because messages were sent late.
func (m Metric) CellBounds(c Cell) (low, high float64, ok bool) {
	if !m.isTime() {
		return 0, 0, false
	}
	if _, known := c.Percentile(c.Response, m.Percentile); known {
		return 0, 0, false
	}
	l, h, ok := c.Bounds(m.Percentile)
	return float64(l), float64(h), ok
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

// Ratio returns the interval of the ratio a/b over the repetitions that ran side by side. ahead and
// behind report whether it lies completely beyond a factor of least in favour of a or of b; both are
// false for fewer than MinPairs pairs. If values have bounds, the interval covers the ratios of opposite
// ones.
func (m Metric) Ratio(a, b *result.Cell, least float64) (in stats.Interval, ahead, behind bool) {
	var aLow, aHigh, bLow, bHigh []float64
	bounds := m.Bounds(a.Config)
	for _, pair := range result.Pairs(a, b) {
		low, high := bounds(pair[0])
		aLow, aHigh = append(aLow, low), append(aHigh, high)
		low, high = bounds(pair[1])
		bLow, bHigh = append(bLow, low), append(bHigh, high)
	}
	in, most := stats.RatioInterval(aLow, bHigh, Confidence), stats.RatioInterval(aHigh, bLow, Confidence)
	if in != most {
		in.Median, in.High = math.Sqrt(in.Median*most.Median), most.High
	}
	enough := in.N >= MinPairs
	ahead, behind = enough && in.Low > least, enough && in.High < 1/least
	if !m.Higher {
		ahead, behind = behind, ahead
	}
	return in, ahead, behind
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

// Text formats the value of a cell; an upper bound is marked.
func (m Metric) Text(c Cell) string {
	if m.isTime() {
		if most, ok := c.UpperBound(c.Response, m.Percentile); ok {
			return result.AtMost + result.Duration(float64(most))
		}
	}
	return m.Format(m.Value(c))
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

// A Cell is a cell with its merged histograms.
type Cell struct {
	*result.Cell
	Response, Service, Lag result.Histogram
	Arrivals               *result.Arrivals
}

// Merge merges the histograms of the cell's repetitions that are used.
func Merge(c *result.Cell) Cell {
	m := Cell{Cell: c, Arrivals: c.Arrivals()}
	m.Response, m.Service, m.Lag = c.Merged()
	return m
}

// Reported reports whether the main table has a value or a bound of any metric.
func (c Cell) Reported() bool {
	return slices.ContainsFunc(In(Main), func(m Metric) bool { return m.Text(c) != result.Unknown })
}

// ServicePercentile returns percentile p of the merged service times; NaN if there are too few
// messages, or if it is not usable in every repetition.
func (c Cell) ServicePercentile(p float64) float64 {
	return c.ifUsable(p, result.Nanoseconds(c.Service.Percentile(p)))
}

// LagPercentile returns percentile p of the merged lags; NaN if there are too few messages.
func (c Cell) LagPercentile(p float64) float64 { return result.Nanoseconds(c.Lag.Percentile(p)) }

// ResponsePercentile is ServicePercentile for the times of the cell.
func (c Cell) ResponsePercentile(p float64) float64 {
	return c.ifUsable(p, result.Nanoseconds(c.Percentile(c.Response, p)))
}

// Curve returns the bounds of the times of the cell, in nanoseconds, at rising percentiles up to the
// last one known. They are equal if the percentile is usable in every repetition; low is NaN if only an
// upper bound is known.
func (c Cell) Curve(percentiles []float64) (low, high []float64) {
	type bounding struct {
		least, most result.Histogram
		ok          bool
	}
	sets := map[string]bounding{} // by the name under which a percentile is judged
	for _, p := range percentiles {
		name := result.TimeMetric(p)
		at := c.ResponsePercentile(p)
		lowest, highest := at, at
		if math.IsNaN(at) && !c.UsableInAll(p) {
			b, seen := sets[name]
			if !seen {
				b.least, b.most, b.ok = c.Bounding(p)
				sets[name] = b
			}
			highest = result.Nanoseconds(c.UpperBound(c.Response, p)) // only with enough messages for p
			if b.ok && highest > 0 {
				highest = float64(b.most.Quantile(p))
				lowest = min(float64(b.least.Quantile(p)), highest)
			}
		}
		if !(highest > 0) {
			break
		}
		low, high = append(low, lowest), append(high, highest)
	}
	return low, high
}

// ifUsable returns value, or NaN unless percentile p is usable in all repetitions: every point of a
// curve covers the same ones.
func (c Cell) ifUsable(p, value float64) float64 {
	if !c.UsableInAll(p) {
		return math.NaN()
	}
	return value
}
