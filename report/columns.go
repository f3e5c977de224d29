package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"

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
	{"server B/stream", memory(func(r *result.Repetition) result.Resources { return r.Server }), result.Count},
	{"client B/stream", memory(func(r *result.Repetition) result.Resources { return r.Client }), result.Count},
}

// crowd is how many streams are many.
const crowd = 1000

func memory(side func(*result.Repetition) result.Resources) func(*row) float64 {
	return func(r *row) float64 {
		streams := r.cell.Config.Connections * r.cell.Config.Streams
		return stats.Median(r.cell.Values(func(rep *result.Repetition) float64 { return result.MemoryPerStream(side(rep), streams) }))
	}
}

func percentile(q float64) func(*row) float64 {
	return func(r *row) float64 { return known(r.cell.Percentile(r.response, q)) }
}

func median(figure func(*result.Repetition) float64) func(*row) float64 {
	return func(r *row) float64 { return stats.Median(r.cell.Values(figure)) }
}

// shown returns the columns of the row's group.
func (r *row) shown() []column {
	list := slices.Concat(timeColumns, columns)
	for i := range timeColumns {
		list[i].name = TimeMetricName(r.cell.Config, list[i].name)
	}
	if r.cell.Config.Connections*r.cell.Config.Streams < crowd {
		return list
	}
	return append(list, crowdColumns...)
}

func (r *row) absolute() []string {
	cells := []string{r.cell.Config.Protocol, string(r.cell.Verdict())}
	for i, col := range r.shown() {
		text := col.format(col.value(r))
		if i < len(timePercentiles) {
			if most, ok := r.cell.AtMost(r.response, timePercentiles[i]); ok {
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
	for _, col := range r.shown() {
		cells = append(cells, ratio(col.value(r)/col.value(floor)))
	}
	return cells
}

// The figures that are shown with their intervals.
var intervalColumns = []struct {
	name   string
	figure func(*result.Repetition) float64
	format func(float64) string
	time   float64 // which percentile of the times it is, 0 for another figure
}{
	{"p50", repetitionPercentile(50), result.Duration, 50},
	{"p99", repetitionPercentile(99), result.Duration, 99},
	{"msg/s", (*result.Repetition).Throughput, result.Count, 0},
	{"server CPU/msg", func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Server) }, result.Duration, 0},
	{"client CPU/msg", func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Client) }, result.Duration, 0},
}

// repetitionPercentile is one value of a sample of repetitions, whose spread says
// how good it is: dropping those with a clustered tail would favour the others.
func repetitionPercentile(q float64) func(*result.Repetition) float64 {
	return func(r *result.Repetition) float64 { return r.Time(q) }
}

// intervals is a cell's row of figures, as the first table has them, each with the interval
// of the median over the repetitions that are not invalid; if fewer have the figure, it says
// how many.
func intervals(c *result.Cell) []string {
	usable := len(c.Values(func(*result.Repetition) float64 { return 0 }))
	response, _, _ := c.Merged()
	cells := []string{c.Config.Protocol}
	for _, col := range intervalColumns {
		in := stats.MedianInterval(c.Values(col.figure), confidence)
		if col.time > 0 {
			in = c.Interval(response, col.time, confidence)
		}
		text := col.format(in.Median)
		if in.N > 1 {
			text += fmt.Sprintf(" [%s, %s]", col.format(in.Low), col.format(in.High))
		}
		if in.N > 0 && in.N < usable {
			text += fmt.Sprintf(" of %d", in.N)
		}
		cells = append(cells, text)
	}
	covered := result.Unknown
	if usable > 1 {
		covered = fmt.Sprintf("%.1f %%", 100*stats.MedianInterval(make([]float64, usable), confidence).Confidence)
	}
	return append(cells, strconv.Itoa(usable), covered)
}

// within is the row of a cell with one repetition: percentiles with the interval
// that its messages give by themselves.
func within(r *result.Repetition, protocol string) []string {
	cells := []string{protocol}
	for _, p := range withinPercentiles {
		low, high, bounded := r.Within(p, confidence)
		at, ok := r.Percentile(p)
		text := result.Unknown
		if ok && bounded && r.UsableTime(p) {
			text = fmt.Sprintf("%s [%s, %s]", result.Duration(float64(at)), result.Duration(float64(low)), result.Duration(float64(high)))
		}
		cells = append(cells, text)
	}
	return append(cells, strconv.FormatInt(r.Independent(99), 10), fmt.Sprintf("%.2f", r.Series.Correlation))
}

var withinPercentiles = []float64{50, 90, 99, 99.9}

// confidence is asked of every interval.
const confidence = 0.95

// unused stands for what is not known.
const unused = result.Unknown

// orNaN takes 0 for not known.
func orNaN(v float64) float64 {
	if v == 0 {
		return math.NaN()
	}
	return v
}
