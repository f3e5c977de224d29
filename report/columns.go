package report

import (
	"math"
	"slices"

	"rtbench/report/result"
	"rtbench/report/stats"
)

// A row is a cell with its merged histograms.
type row struct {
	cell          *result.Cell
	response, lag result.Histogram
}

func newRow(c *result.Cell) *row {
	response, _, lag := c.Merged()
	return &row{c, response, lag}
}

// A column is a metric of a cell.
type column struct {
	name   string
	value  func(*row) float64 // NaN if unknown
	format func(float64) string
}

// timePercentiles are the percentiles in timeColumns.
var timePercentiles = []float64{50, 90, 99, 99.9, result.Maximum}

var timeColumns = []column{
	{"p50", percentile(50), result.Duration},
	{"p90", percentile(90), result.Duration},
	{"p99", percentile(99), result.Duration},
	{"p99.9", percentile(99.9), result.Duration},
	{"max", percentile(result.Maximum), result.Duration},
}

var columns = []column{
	{"msg/s", median((*result.Repetition).Throughput), result.Count},
	{"server CPU/msg", median(func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Server) }), result.Duration},
	{"client CPU/msg", median(func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Client) }), result.Duration},
	{"wire B/msg", median((*result.Repetition).WireBytesPerMessage), result.Count},
}

// crowdColumns are added for cells whose many streams dominate memory.
var crowdColumns = []column{
	{"server B/stream", memoryPerStream(func(r *result.Repetition) result.Resources { return r.Server }), result.Count},
	{"client B/stream", memoryPerStream(func(r *result.Repetition) result.Resources { return r.Client }), result.Count},
}

func memoryPerStream(side func(*result.Repetition) result.Resources) func(*row) float64 {
	return func(r *row) float64 {
		streams := r.cell.Config.Connections * r.cell.Config.Streams
		return stats.Median(r.cell.Values(func(rep *result.Repetition) float64 { return result.MemoryPerStream(side(rep), streams) }))
	}
}

func percentile(q float64) func(*row) float64 {
	return func(r *row) float64 { return nsOrNaN(r.cell.Percentile(r.response, q)) }
}

func median(metric func(*result.Repetition) float64) func(*row) float64 {
	return func(r *row) float64 { return stats.Median(r.cell.Values(metric)) }
}

// columns returns the columns of the row's group.
func (r *row) columns() []column {
	list := slices.Concat(timeColumns, columns)
	for i := range timeColumns {
		list[i].name = TimeMetricName(r.cell.Config, list[i].name)
	}
	if r.cell.Config.Connections*r.cell.Config.Streams < result.ManyStreams {
		return list
	}
	return append(list, crowdColumns...)
}

func (r *row) absolute() []string {
	cells := []string{r.cell.Config.Protocol, string(r.cell.Verdict())}
	for i, col := range r.columns() {
		text := col.format(col.value(r))
		if i < len(timePercentiles) {
			if most, ok := r.cell.UpperBound(r.response, timePercentiles[i]); ok {
				text = "≤ " + result.Duration(float64(most))
			}
		}
		cells = append(cells, text)
	}
	// The lag is shown even with few samples: any of them shows whether the sender was late.
	late := result.Unknown
	if r.cell.Config.Model == "open" && r.lag.Count() > 0 {
		late = result.Duration(float64(r.lag.Quantile(99)))
	}
	return append(cells, late)
}

// relative returns the ratios to the floor.
func (r *row) relative(floor *row) []string {
	cells := []string{r.cell.Config.Protocol + " / " + floor.cell.Config.Protocol, ""}
	for _, col := range r.columns() {
		cells = append(cells, ratio(col.value(r)/col.value(floor)))
	}
	return cells
}

// orNaN returns NaN for 0.
func orNaN(v float64) float64 {
	if v == 0 {
		return math.NaN()
	}
	return v
}
