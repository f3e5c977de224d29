package report

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"rtbench/report/metric"
	"rtbench/report/result"
)

// CSV writes a line per repetition. Times are in nanoseconds; unknown values are empty. Gaps and
// one-way times have their own columns; the response time columns are then empty. The last columns are the server's own
// metrics, under their names in thresholds.
func CSV(w io.Writer, r *result.Result) error {
	c := csv.NewWriter(w)
	head := []string{"cell", "protocol", "pattern", "repetition", "order", "finding"}
	for _, m := range csvMetrics {
		head = append(head, m.CSV)
	}
	for _, t := range csvTexts {
		head = append(head, t.name)
	}
	serverMetrics := metric.Server(r.Cells...)
	for _, m := range serverMetrics {
		head = append(head, m.CSV)
	}
	_ = c.Write(head) // Flush returns the first error
	for cell, rep := range r.Repetitions() {
		row := []string{
			cell.ID, cell.Config.Protocol, cell.Config.Pattern,
			strconv.Itoa(rep.Index + 1), strconv.Itoa(rep.Order + 1), string(rep.Validity.Word()),
		}
		for _, m := range csvMetrics {
			text := ""
			if m.In(cell.Config).CSV != "" {
				text = Plain(m.Of(cell.Config)(rep))
			}
			row = append(row, text)
		}
		for _, t := range csvTexts {
			row = append(row, t.value(cell, rep))
		}
		for _, m := range serverMetrics {
			row = append(row, Plain(m.Of(cell.Config)(rep)))
		}
		_ = c.Write(row)
	}
	c.Flush()
	return c.Error()
}

// csvMetrics lists the columns of numbers.
var csvMetrics = slices.DeleteFunc(slices.Clone(metric.Table), func(m metric.Metric) bool { return m.CSV == "" })

var csvTexts = []struct {
	name  string
	value func(*result.Cell, *result.Repetition) string
}{
	{"times", func(c *result.Cell, _ *result.Repetition) string { return c.Config.TimeName() }},
	{"client_pauses", func(_ *result.Cell, r *result.Repetition) string { return strconv.FormatUint(r.ClientPauses.Count, 10) }},
	{"client_paused_ns", func(_ *result.Cell, r *result.Repetition) string {
		return strconv.FormatInt(int64(r.ClientPauses.Total), 10)
	}},
	{"discarded", func(_ *result.Cell, r *result.Repetition) string { return strconv.FormatBool(r.Validity.Discarded) }},
	{"unusable", func(_ *result.Cell, r *result.Repetition) string { return strings.Join(r.Validity.Unusable, " ") }},
	{"insecure", func(c *result.Cell, _ *result.Repetition) string { return strconv.FormatBool(c.Config.Insecure) }},
	{"server_source", func(_ *result.Cell, r *result.Repetition) string { return oneLine(r.Server.Source) }},
	{"thresholds", func(_ *result.Cell, r *result.Repetition) string {
		var parts []string
		for _, o := range r.Thresholds {
			parts = append(parts, sign(o)+" "+o.Text+": "+observed(o))
		}
		return oneLine(strings.Join(parts, " | "))
	}},
	{"failures", repetitionLines(FailureLines)},
	{"notes", repetitionLines(NoteLines)},
}

// repetitionLines returns a function that joins the lines about a repetition, from those about a cell.
func repetitionLines(lines func(c *result.Cell, example int) []string) func(*result.Cell, *result.Repetition) string {
	return func(c *result.Cell, r *result.Repetition) string {
		one := &result.Cell{Config: c.Config, Repetitions: []*result.Repetition{r}}
		return strings.Join(lines(one, PageExample), " | ")
	}
}
