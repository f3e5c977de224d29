// Package export shows live figures to programs while a run goes on: it answers
// Prometheus, and sends by OTLP. It takes what the live view takes and knows nothing else
// of a run; nothing here is on the way of a message.
package export

import (
	"strings"
	"sync"

	"rtbench/report/live"
)

// A kind says how a figure is to be read.
type kind int

const (
	gauge   kind = iota
	counter      // only grows within a run
)

// A labelValues is a figure's labels, in the order of its metric's.
type labelValues []string

// A metric is one name under which there are figures.
type metric struct {
	name, help, unit string
	kind             kind
	labels           []string
	samples          func(*state) []sample
}

// A sample is a value with the values of its metric's labels.
type sample struct {
	labels labelValues
	value  float64
}

var (
	cellLabels     = []string{"cell", "protocol", "pattern"}
	quantileLabels = append(cellLabels[:3:3], "quantile")
	phaseLabels    = append(cellLabels[:3:3], "phase")
)

// metrics is all that is exported. Of gauges there is the cell that runs, of counters each
// cell that has run: there are never more label values than a run has cells.
var metrics = []metric{
	{"rtbench_run_progress", "Progress of the run, from 0 to 1.", "1", gauge, nil, progress},
	{"rtbench_phase", "1 for the current phase.", "1", gauge, phaseLabels, phase},
	{
		"rtbench_planned_rate", "Planned rate in messages per second; absent in a closed loop.", "{message}/s", gauge, cellLabels,
		gaugeOf(func(s live.Status) (float64, bool) { return s.Planned, s.Planned > 0 || s.HasPlan }),
	},
	{
		"rtbench_achieved_rate", "Recent rate in messages per second.", "{message}/s", gauge, cellLabels,
		gaugeOf(func(s live.Status) (float64, bool) { return s.Achieved, s.Achieved > 0 }),
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
		"rtbench_client_cores", "Cores that the generator recently kept busy.", "{core}", gauge, cellLabels,
		gaugeOf(func(s live.Status) (float64, bool) { return s.ClientCores, s.ClientCores > 0 }),
	},
	{
		"rtbench_server_cores", "Cores that the server recently kept busy; absent if unknown.", "{core}", gauge, cellLabels,
		gaugeOf(func(s live.Status) (float64, bool) { return s.ServerCores, s.ServerKnown }),
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

// Metrics are the live figures of a run: the last status, and what has been counted. The
// zero value is ready; its methods may be called from any goroutine.
type Metrics struct {
	mu    sync.Mutex
	state state
}

// state is what the figures are made of.
type state struct {
	last    live.Status
	cells   []cell // that have run, in the order of their first repetition
	ended   map[string]total
	current map[string]total // with the repetition that runs
}

type cell struct {
	id     string
	labels labelValues
}

// A total is what has been counted of a cell.
type total struct{ recorded, failed, errors uint64 }

// Note takes where the run is. It copies and returns.
func (f *Metrics) Note(s live.Status) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state.note(s)
}

func (st *state) note(s live.Status) {
	if st.ended == nil {
		st.ended, st.current = map[string]total{}, map[string]total{}
	}
	if _, known := st.current[s.Cell]; !known {
		st.cells = append(st.cells, cell{s.Cell, labelsOf(s)})
	}
	before := st.ended[s.Cell]
	sum := total{before.recorded + s.Recorded, before.failed + s.FailedMessages, before.errors + s.Errors}
	if s.Run == st.last.Run && s.Cell == st.last.Cell && !s.Done { // a phase may not count; a counter does not go back
		last := st.current[s.Cell]
		sum = total{max(sum.recorded, last.recorded), max(sum.failed, last.failed), max(sum.errors, last.errors)}
	}
	st.current[s.Cell], st.last = sum, s
	if s.Done {
		st.ended[s.Cell] = sum
	}
}

// each calls visit for each metric with its figures of this moment.
func (f *Metrics) each(visit func(metric, []sample)) {
	for i, list := range f.snapshot() {
		visit(metrics[i], list)
	}
}

// snapshot are the figures of each metric. A reader that is slow must not hold up Note.
func (f *Metrics) snapshot() [][]sample {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([][]sample, len(metrics))
	for i, m := range metrics {
		out[i] = m.samples(&f.state)
	}
	return out
}

func labelsOf(s live.Status) labelValues {
	return labelValues{strings.ToValidUTF8(s.Cell, "?"), s.Protocol, s.Pattern}
}

func progress(st *state) []sample { return []sample{{nil, st.last.Progress()}} }

func phase(st *state) []sample {
	if st.last.Of == 0 {
		return nil
	}
	return []sample{{append(labelsOf(st.last), st.last.Phase), 1}}
}

// times are the percentiles of cells whose times are of that kind.
func times(kind string) func(*state) []sample {
	return func(st *state) []sample {
		s := st.last
		if s.Recorded == 0 || s.Times != kind || s.P50 < 0 {
			return nil
		}
		return []sample{{append(labelsOf(s), "0.5"), s.P50.Seconds()}, {append(labelsOf(s), "0.99"), s.P99.Seconds()}}
	}
}

// gaugeOf is a figure of the cell that runs, where there is one.
func gaugeOf(value func(live.Status) (float64, bool)) func(*state) []sample {
	return func(st *state) []sample {
		if v, ok := value(st.last); ok {
			return []sample{{labelsOf(st.last), v}}
		}
		return nil
	}
}

func totals(value func(total) uint64) func(*state) []sample {
	return func(st *state) []sample {
		var out []sample
		for _, c := range st.cells {
			out = append(out, sample{c.labels, float64(value(st.current[c.id]))})
		}
		return out
	}
}
