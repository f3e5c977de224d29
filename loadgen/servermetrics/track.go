package servermetrics

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"

	"rtbench/loadgen/scrape"
	"rtbench/proto/quantity"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/scenarios/suggest"
)

// Kinds of series.
const (
	counter   = "counter"
	gauge     = "gauge"
	histogram = "histogram"
	summary   = "summary"
)

// A track follows the series that a selector selects from page to page. All of them are summed.
type track struct {
	scenarios.Series
	kind        string // of the exported metric; empty until it is seen
	pages       int
	first, last int64 // of the pages
	matched     int
	resets      int
	before      map[string]distribution // of each series, by its labels
	grown       distribution            // since the first page
	gauges      []float64               // the sum of all series on each page that has any
	invalid     string                  // describes a value that is not finite
	meant       string                  // the series that may have been meant, if the last page lacks this one
}

// add adds a page. A series that appears later than the first page began with 0 there.
func (t *track) add(page *scrape.Page) {
	if page.At == t.last {
		return
	}
	if t.pages++; t.pages == 1 {
		t.first, t.before = page.At, map[string]distribution{}
	}
	t.last = page.At
	family, part := find(page.Families, t.Metric)
	var matching []*dto.Metric
	for _, m := range family.GetMetric() {
		if t.selects(m) {
			matching = append(matching, m)
		}
	}
	if len(matching) == 0 {
		if t.kind == "" {
			t.meant = meant(page.Families, family, t.Selector)
		}
		return
	}
	t.kind, t.matched = t.kindOf(family, part), max(t.matched, len(matching))
	if t.kind == gauge {
		t.addGauges(matching)
		return
	}
	for _, m := range matching {
		t.addGrowth(labelsOf(m), distributionOf(m, part))
	}
}

func (t *track) addGauges(list []*dto.Metric) {
	sum := 0.0
	for _, m := range list {
		sum += scrape.Value(m)
	}
	if t.finite(sum) {
		t.gauges = append(t.gauges, sum)
	}
}

// finite reports whether a value is finite, and notes it if it is not.
func (t *track) finite(v float64) bool {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		t.invalid = fmt.Sprintf("found the value %v", v)
		return false
	}
	return true
}

// addGrowth adds the growth of a series since the page before.
func (t *track) addGrowth(labels string, now distribution) {
	before, seen := t.before[labels]
	t.before[labels] = now
	switch {
	case !t.finite(now.sum) || !t.finite(now.count):
	case !seen && t.pages == 1:
	case !seen:
		t.grown.add(now)
	default:
		growth, reset := now.since(before)
		if reset {
			t.resets++
		}
		t.grown.add(growth)
	}
}

// selects reports whether a series has the labels.
func (t *track) selects(m *dto.Metric) bool {
	return !slices.ContainsFunc(t.Labels, func(want scenarios.Pair) bool {
		return !slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool { return l.GetName() == want.Name && l.GetValue() == want.Value })
	})
}

// labelsOf identifies a series of a metric.
func labelsOf(m *dto.Metric) string {
	var b strings.Builder
	for _, l := range m.GetLabel() {
		fmt.Fprintf(&b, "%q=%q,", l.GetName(), l.GetValue())
	}
	return b.String()
}

// find returns the metric with that name, or that of whose count or sum it is the name, and then which part it is.
func find(families map[string]*dto.MetricFamily, name string) (f *dto.MetricFamily, part string) {
	if f := families[name]; f != nil {
		return f, ""
	}
	for _, part := range []string{"_count", "_sum"} {
		whole, ok := strings.CutSuffix(name, part)
		switch f := families[whole]; {
		case !ok || f == nil:
		case f.GetType() == dto.MetricType_HISTOGRAM || f.GetType() == dto.MetricType_SUMMARY:
			return f, part
		}
	}
	return nil, ""
}

// kindOf returns the kind of the series as exported, except that the scenario may tell a counter from a gauge.
func (t *track) kindOf(f *dto.MetricFamily, part string) string {
	exported := ""
	switch {
	case part != "" || f.GetType() == dto.MetricType_COUNTER:
		exported = counter
	case f.GetType() == dto.MetricType_HISTOGRAM:
		exported = histogram
	case f.GetType() == dto.MetricType_SUMMARY:
		exported = summary
	case f.GetType() == dto.MetricType_UNTYPED && strings.HasSuffix(t.Metric, "_total"):
		exported = counter
	default:
		exported = gauge
	}
	simple := func(kind string) bool { return kind == counter || kind == gauge }
	if simple(exported) && simple(t.Type) {
		return t.Type
	}
	return exported
}

// result returns the values since the first page.
func (t *track) result() result.ServerSeries {
	s := result.ServerSeries{Name: t.Name, Source: t.String(), Kind: t.kind, Matched: t.matched, Resets: t.resets}
	seconds := time.Duration(t.last - t.first).Seconds()
	unit, scale := unitOf(t.Metric)
	value := func(suffix, unit string, v float64) *result.ServerValue {
		s.Values = append(s.Values, result.ServerValue{Name: t.Name + suffix, Unit: unit, Value: result.Number(v), Better: t.Better})
		return &s.Values[len(s.Values)-1]
	}
	switch {
	case t.kind == "":
		s.Problem = t.missing()
	case t.invalid != "":
		s.Problem = t.invalid + "; expected finite numbers"
	case t.kind == gauge:
		mean, most := meanAndMax(t.gauges)
		value("_mean", unit, scale*mean)
		value("_max", unit, scale*most)
	case t.pages < 2 || seconds <= 0:
		s.Problem = "there was one reading; a rate needs two"
	case t.kind == counter:
		of, name := t.grown.sum, unitOfRate(unit)
		value(result.PerSecondSuffix, name, of/seconds).AtLeast = t.resets > 0
	default:
		s.Problem = t.distribution(value, unit, scale)
	}
	if slices.ContainsFunc(s.Values, func(v result.ServerValue) bool { return !v.Value.Known() }) {
		s.Values, s.Problem = nil, "the values are too large; expected finite numbers"
	}
	if t.Type != "" && t.kind != "" && t.Type != t.kind {
		s.Problem = fmt.Sprintf("found a %s; expected a %s, as target.stats.series says", t.kind, t.Type)
	}
	return s
}

// distribution adds the values of a histogram or summary, and returns why some are missing.
func (t *track) distribution(value func(suffix, unit string, v float64) *result.ServerValue, unit string, scale float64) (problem string) {
	if t.grown.count == 0 {
		return "nothing was observed in the steady phase"
	}
	value("_mean", unit, scale*t.grown.sum/t.grown.count)
	if t.kind == summary {
		return "" // its percentiles cannot be restricted to the steady phase
	}
	at, ok := t.grown.percentile(t.Percentile)
	if !ok {
		return fmt.Sprintf("p%g is above the highest bound of a bucket, or the buckets of the series differ", t.Percentile)
	}
	value(percentileSuffix(t.Percentile), unit, scale*at).AtMost = true
	return ""
}

func percentileSuffix(p float64) string {
	return "_p" + strings.ReplaceAll(fmt.Sprintf("%g", p), ".", "_")
}

// missing returns why the series was never seen.
func (t *track) missing() string {
	switch {
	case t.pages == 0:
		return "the server's metrics were never read"
	case t.meant != "":
		return fmt.Sprintf("no series %s; did you mean %s?", t.Selector, t.meant)
	}
	return fmt.Sprintf("no series %s", t.Selector)
}

// meant returns the closest name: that of a series of the metric if there is one, or else of a metric.
func meant(families map[string]*dto.MetricFamily, f *dto.MetricFamily, typed scenarios.Selector) string {
	if f == nil {
		return suggest.Nearest(typed.Metric, slices.Sorted(maps.Keys(families)))
	}
	var names []string
	for _, m := range f.GetMetric() {
		s := scenarios.Selector{Metric: typed.Metric}
		for _, l := range m.GetLabel() {
			s.Labels = append(s.Labels, scenarios.Pair{Name: l.GetName(), Value: l.GetValue()})
		}
		names = append(names, s.String())
	}
	return suggest.Nearest(typed.String(), names)
}

// unitOf returns the unit of the values of a metric, and their scale.
func unitOf(metric string) (unit string, scale float64) {
	switch quantity.UnitOf(metric) {
	case quantity.Time:
		return result.UnitTime, 1e9
	case quantity.Bytes:
		return result.UnitBytes, 1
	}
	return "", 1
}

// unitOfRate returns the unit of a rate: seconds per second are a ratio.
func unitOfRate(unit string) string {
	switch unit {
	case result.UnitTime:
		return result.UnitRatio
	case result.UnitBytes:
		return ""
	}
	return result.UnitRate
}

func meanAndMax(values []float64) (mean, most float64) {
	if len(values) == 0 {
		return math.NaN(), math.NaN()
	}
	for _, v := range values {
		mean += v
	}
	return mean / float64(len(values)), slices.Max(values)
}
