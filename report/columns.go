package report

import (
	"math"
	"slices"

	"rtbench/report/result"
	"rtbench/report/stats"
)

// A row is a cell with its histograms merged once for all columns.
type row struct {
	cell          *result.Cell
	response, lag result.Histogram
}

func newRow(c *result.Cell) *row {
	response, _, lag := c.Merged()
	return &row{c, response, lag}
}

// A column is a figure of a cell.
type column struct {
	name   string
	value  func(*row) float64 // NaN where it is not known
	format func(float64) string
}

// timePercentiles are those of timeColumns.
var timePercentiles = []float64{50, 90, 99, 99.9, result.Maximum}

// timeColumns are those of the times.
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

// crowdColumns are for cells of many streams, where memory counts.
var crowdColumns = []column{
	{"server B/stream", memoryPerStream(func(r *result.Repetition) result.Resources { return r.Server }), result.Count},
	{"client B/stream", memoryPerStream(func(r *result.Repetition) result.Resources { return r.Client }), result.Count},
}

// manyStreams is how many streams are many.
const manyStreams = 1000

func memoryPerStream(side func(*result.Repetition) result.Resources) func(*row) float64 {
	return func(r *row) float64 {
		streams := r.cell.Config.Connections * r.cell.Config.Streams
		return stats.Median(r.cell.Values(func(rep *result.Repetition) float64 { return result.MemoryPerStream(side(rep), streams) }))
	}
}

func percentile(q float64) func(*row) float64 {
	return func(r *row) float64 { return nsOrNaN(r.cell.Percentile(r.response, q)) }
}

func median(figure func(*result.Repetition) float64) func(*row) float64 {
	return func(r *row) float64 { return stats.Median(r.cell.Values(figure)) }
}

// columns returns the columns of the row's group.
func (r *row) columns() []column {
	list := slices.Concat(timeColumns, columns)
	for i := range timeColumns {
		list[i].name = TimeMetricName(r.cell.Config, list[i].name)
	}
	if r.cell.Config.Connections*r.cell.Config.Streams < manyStreams {
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
	// Any lag would do to judge by, so it is shown whatever its samples.
	late := result.Unknown
	if r.cell.Config.Model == "open" && r.lag.Count() > 0 {
		late = result.Duration(float64(r.lag.Quantile(99)))
	}
	return append(cells, late)
}

// relative is a row of ratios to the floor.
func (r *row) relative(floor *row) []string {
	cells := []string{r.cell.Config.Protocol + " / " + floor.cell.Config.Protocol, ""}
	for _, col := range r.columns() {
		cells = append(cells, ratio(col.value(r)/col.value(floor)))
	}
	return cells
}

// unused stands for what is not known.
const unused = result.Unknown

// orNaN takes 0 for not known.
func orNaN(v float64) float64 {
	if v == 0 {
		return math.NaN()
	}
	return v
}
