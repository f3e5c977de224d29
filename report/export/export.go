// Package export exposes live metrics during a run: it serves Prometheus and sends OTLP. Its only
// input is result.Status, and nothing here is on the path of a message.
package export

import (
	"slices"
	"strings"
	"sync"

	"rtbench/report/result"
)

// A kind is the type of a metric.
type kind int

const (
	gauge     kind = iota
	counter        // grows within a run
	histogram      // exponential, in seconds; grows within a run
)

// labelValues are label values in the order of the metric's labels.
type labelValues []string

// A metric is a named set of samples.
type metric struct {
	name, help, unit string
	kind             kind
	labels           []string
	samples          func(*state) []sample
}

// A sample is a value, or the times of a histogram, with its labels. times takes a millisecond.
type sample struct {
	labels labelValues
	value  float64
	times  func() exponential
}

var (
	cellLabels     = []string{"cell", "protocol", "pattern", "side"}      // base or head; empty unless two targets are compared
	quantileLabels = append(slices.Clip(cellLabels), "quantile", "bound") // exact, or upper: the true value may be lower
	phaseLabels    = append(slices.Clip(cellLabels), "phase")
)

// metrics lists everything exported. Gauges cover the running cell, counters every cell that has
// run, so there are never more label values than cells.
var metrics = []metric{
	{"rtbench_run_progress", "Progress of the run, from 0 to 1.", "1", gauge, nil, progress},
	{"rtbench_phase", "1 for the current phase.", "1", gauge, phaseLabels, phase},
	{
		"rtbench_planned_rate", "Planned rate in messages per second; absent in a closed loop.", "{message}/s", gauge, cellLabels,
		gaugeOf(func(s result.Status) (float64, bool) { return s.Planned, s.Planned > 0 || s.HasPlan }),
	},
	{
		"rtbench_achieved_rate", "Recent rate in messages per second.", "{message}/s", gauge, cellLabels,
		gaugeOf(func(s result.Status) (float64, bool) { return s.Achieved, s.Achieved > 0 }),
	},
	{"rtbench_response_seconds", "Response time percentiles of the current repetition.", "s", gauge, quantileLabels, times("")},
	{
		"rtbench_gap_seconds", "Percentiles of the gap between messages on a stream in the current repetition.", "s", gauge, quantileLabels,
		times("gap"),
	},
	{
		"rtbench_one_way_seconds", "Percentiles of the time from a message's server stamp to its arrival in the current repetition.", "s", gauge, quantileLabels,
		times("one-way"),
	},
	{
		"rtbench_response_histogram_seconds", "Response times in all repetitions, including rtbench's own delays.", "s", histogram, cellLabels,
		histograms(""),
	},
	{"rtbench_gap_histogram_seconds", "Gaps between messages on a stream in all repetitions.", "s", histogram, cellLabels, histograms("gap")},
	{
		"rtbench_one_way_histogram_seconds", "Times from a message's server stamp to its arrival in all repetitions.", "s", histogram, cellLabels,
		histograms("one-way"),
	},
	{
		"rtbench_client_cores", "Cores that the generator recently kept busy.", "{core}", gauge, cellLabels,
		gaugeOf(func(s result.Status) (float64, bool) { return s.ClientCores, s.ClientCores > 0 }),
	},
	{
		"rtbench_server_cores", "Cores that the server recently kept busy; absent if unknown.", "{core}", gauge, cellLabels,
		gaugeOf(func(s result.Status) (float64, bool) { return s.ServerCores, s.ServerKnown }),
	},
	{
		"rtbench_recorded_total", "Messages recorded in all repetitions.", "{message}", counter, cellLabels,
		totals(func(t total) uint64 { return t.recorded }),
	},
	{
		"rtbench_failed_total", "Messages that failed in all repetitions: not sent, lost, or answered by an error.", "{message}", counter, cellLabels,
		totals(func(t total) uint64 { return t.failed }),
	},
	{
		"rtbench_errors_total", "Errors in all repetitions: failed messages, and streams that broke or could not be opened.", "{error}", counter, cellLabels,
		totals(func(t total) uint64 { return t.errors }),
	},
}

// Metrics holds the live metrics of a run. The zero value is ready to use. Its methods are safe for
// concurrent use.
type Metrics struct {
	mu    sync.Mutex
	state state
}

// state is the data behind the metrics.
type state struct {
	last  result.Status
	cells []*cell // that have run, in order
}

type cell struct {
	id, side string
	labels   labelValues
	times    string // as in result.Status
	// timesEnded are the times of the ended repetitions; response returns those of the running one, or is nil.
	timesEnded exponential
	response   func() result.Histogram
	// ended are the counts of the ended repetitions, and current those with the running one.
	ended, current total
}

// A total sums up the counts of a cell.
type total struct{ recorded, failed, errors uint64 }

// Note records a status. It never blocks on readers.
func (f *Metrics) Note(s result.Status) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state.note(s)
}

func (st *state) note(s result.Status) {
	i := slices.IndexFunc(st.cells, func(c *cell) bool { return c.id == s.Cell && c.side == s.Side })
	if i < 0 {
		i, st.cells = len(st.cells), append(st.cells, &cell{id: s.Cell, side: s.Side, labels: labelsOf(s), times: s.Times})
	}
	c := st.cells[i]
	sum := total{c.ended.recorded + s.Recorded, c.ended.failed + s.FailedMessages, c.ended.errors + s.Errors}
	if last := c.current; s.Run == st.last.Run && s.Cell == st.last.Cell && s.Side == st.last.Side && !s.Done { // counters must not decrease, although some phases do not count
		sum = total{max(sum.recorded, last.recorded), max(sum.failed, last.failed), max(sum.errors, last.errors)}
	}
	c.current, st.last = sum, s
	if s.Response != nil && s.Phase != "warmup" {
		c.response = s.Response
	}
	if s.Done {
		c.ended = sum
		if c.response != nil {
			c.timesEnded = c.timesEnded.plus(exponentialOf(c.response()))
			c.response = nil
		}
	}
}

// allTimes returns a function for the times of all repetitions of a cell, which may be called later.
func (c *cell) allTimes() func() exponential {
	ended, response := c.timesEnded, c.response
	return func() exponential {
		if response == nil {
			return ended
		}
		return ended.plus(exponentialOf(response()))
	}
}

// each calls visit for each metric with its current samples. A slow visitor does not block Note.
func (f *Metrics) each(visit func(metric, []sample)) {
	out := make([][]sample, len(metrics))
	f.mu.Lock()
	for i, m := range metrics {
		out[i] = m.samples(&f.state)
	}
	f.mu.Unlock()
	for i, list := range out {
		visit(metrics[i], list)
	}
}

func labelsOf(s result.Status) labelValues {
	return labelValues{strings.ToValidUTF8(s.Cell, "?"), s.Protocol, s.Pattern, s.Side}
}

func progress(st *state) []sample { return []sample{{value: st.last.Progress()}} }

func phase(st *state) []sample {
	if st.last.Of == 0 {
		return nil
	}
	return []sample{{labels: append(labelsOf(st.last), st.last.Phase), value: 1}}
}

// times returns the percentiles if the running cell has this kind of times.
func times(kind string) func(*state) []sample {
	return func(st *state) []sample {
		s := st.last
		if s.Recorded == 0 || s.Times != kind {
			return nil
		}
		var out []sample
		for _, q := range []struct {
			quantile string
			time     result.StatusTime
		}{{"0.5", s.P50}, {"0.99", s.P99}} {
			bound := "exact"
			if q.time.AtMost {
				bound = "upper"
			}
			if q.time.Known {
				out = append(out, sample{labels: append(labelsOf(s), q.quantile, bound), value: q.time.At.Seconds()})
			}
		}
		return out
	}
}

// gaugeOf returns a metric of the running cell.
func gaugeOf(value func(result.Status) (float64, bool)) func(*state) []sample {
	return func(st *state) []sample {
		if v, ok := value(st.last); ok {
			return []sample{{labels: labelsOf(st.last), value: v}}
		}
		return nil
	}
}

func totals(value func(total) uint64) func(*state) []sample {
	return func(st *state) []sample {
		var out []sample
		for _, c := range st.cells {
			out = append(out, sample{labels: c.labels, value: float64(value(c.current))})
		}
		return out
	}
}

// histograms returns the times of each cell that has this kind of times.
func histograms(kind string) func(*state) []sample {
	return func(st *state) []sample {
		var out []sample
		for _, c := range st.cells {
			if c.times == kind && (c.response != nil || c.timesEnded.count > 0) {
				out = append(out, sample{labels: c.labels, times: c.allTimes()})
			}
		}
		return out
	}
}
