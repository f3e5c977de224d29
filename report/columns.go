package report

import (
	"fmt"
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

var columns = []column{
	{"p50", percentile(50), duration},
	{"p90", percentile(90), duration},
	{"p99", percentile(99), duration},
	{"p99.9", percentile(99.9), duration},
	{"max", func(r *row) float64 { return orNaN(float64(r.response.Max())) }, duration},
	{"msg/s", median((*result.Repetition).Throughput), count},
	{"server CPU/msg", median(func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Server) }), duration},
	{"client CPU/msg", median(func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Client) }), duration},
	{"wire B/msg", median((*result.Repetition).WireBytesPerMessage), count},
}

func percentile(q float64) func(*row) float64 {
	return func(r *row) float64 { return known(r.response.Percentile(q)) }
}

func median(figure func(*result.Repetition) float64) func(*row) float64 {
	return func(r *row) float64 { return stats.Median(r.cell.Values(figure)) }
}

func (r *row) absolute() []string {
	cells := []string{r.cell.Config.Protocol, string(r.cell.Verdict())}
	for _, col := range columns {
		cells = append(cells, orDash(col.value(r), col.format))
	}
	// Any lag would do to judge by, so it is shown whatever its samples.
	late := "–"
	if r.cell.Config.Model == "open" && r.lag.Count() > 0 {
		late = duration(float64(r.lag.Quantile(99)))
	}
	return append(cells, spread(r.cell), late)
}

// relative is a row of ratios to the floor.
func (r *row) relative(floor *row) []string {
	cells := []string{r.cell.Config.Protocol + " / " + floor.cell.Config.Protocol, ""}
	for _, col := range columns {
		cells = append(cells, orDash(col.value(r)/col.value(floor), func(v float64) string { return fmt.Sprintf("×%.2f", v) }))
	}
	return cells
}

// spread is the lowest and the highest p99 of the repetitions.
func spread(c *result.Cell) string {
	vs := c.Values(func(r *result.Repetition) float64 { return known(r.Response.Percentile(99)) })
	if len(vs) < 2 {
		return "–"
	}
	return duration(slices.Min(vs)) + "–" + duration(slices.Max(vs))
}

// orNaN takes 0 for not known.
func orNaN(v float64) float64 {
	if v == 0 {
		return math.NaN()
	}
	return v
}
