package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"rtbench/report/claims"
	"rtbench/report/result"
)

// A Format is a way to render a result.
type Format struct {
	Name  string // the word for it in flags
	About string // a line for the help text
	// Write renders a result and leaves it as it is.
	Write func(io.Writer, *result.Result) error
}

// Formats lists every format, the default first.
var Formats = []Format{
	{"text", "the tables, for a terminal", Text},
	{"json", "the whole result, and the claims", JSON},
	{"csv", "one line a repetition", CSV},
	{"md", "the tables in Markdown, for a pull request or a CI job's summary", Markdown},
	{"junit", "JUnit XML for CI: a case for each cell and threshold", JUnit},
	{"benchfmt", "Go benchmark format for benchstat, one line a repetition", Benchfmt},
	{"hgrm", "percentile distributions for HdrHistogram's plotter", each((*result.Cell).HGRM)},
	{"hlog", "interval logs for HdrHistogram's tools", each((*result.Cell).HLog)},
}

// JSON writes the result as it is stored, with the claims beside it.
// result.Decode reads it, without the claims.
func JSON(w io.Writer, r *result.Result) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		*result.Result
		Claims []claims.Claim `json:"claims"`
	}{r, claims.Performance(r)})
}

// CSV writes a line for each repetition. Times are nanoseconds; a figure that is
// not known is empty.
func CSV(w io.Writer, r *result.Result) error {
	c := csv.NewWriter(w)
	head := []string{"cell", "protocol", "pattern", "repetition", "order", "verdict"}
	for _, f := range csvFigures {
		head = append(head, f.name)
	}
	_ = c.Write(head) // errors stay until Flush
	for _, cell := range r.Cells {
		for _, rep := range cell.Repetitions {
			row := []string{
				cell.ID, cell.Config.Protocol, cell.Config.Pattern,
				strconv.Itoa(rep.Index + 1), strconv.Itoa(rep.Order + 1), string(rep.Validity.Verdict),
			}
			for _, f := range csvFigures {
				row = append(row, orEmpty(f.value(rep)))
			}
			_ = c.Write(row)
		}
	}
	c.Flush()
	return c.Error()
}

var csvFigures = []struct {
	name  string
	value func(*result.Repetition) float64
}{
	{"response_p50_ns", func(r *result.Repetition) float64 { return known(r.Response.Percentile(50)) }},
	{"response_p90_ns", func(r *result.Repetition) float64 { return known(r.Response.Percentile(90)) }},
	{"response_p99_ns", func(r *result.Repetition) float64 { return known(r.Response.Percentile(99)) }},
	{"response_p999_ns", func(r *result.Repetition) float64 { return known(r.Response.Percentile(99.9)) }},
	{"response_max_ns", func(r *result.Repetition) float64 { return orNaN(float64(r.Response.Max())) }},
	{"service_p50_ns", func(r *result.Repetition) float64 { return known(r.Service.Percentile(50)) }},
	{"service_p99_ns", func(r *result.Repetition) float64 { return known(r.Service.Percentile(99)) }},
	{"lag_p99_ns", func(r *result.Repetition) float64 { return known(r.Lag.Percentile(99)) }},
	{"throughput_per_s", (*result.Repetition).Throughput},
	{"server_cpu_ns_per_message", func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Server) }},
	{"client_cpu_ns_per_message", func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Client) }},
	{"wire_bytes_per_message", (*result.Repetition).WireBytesPerMessage},
	{"planned", func(r *result.Repetition) float64 { return float64(r.Counters.Planned) }},
	{"sent", func(r *result.Repetition) float64 { return float64(r.Counters.Sent) }},
	{"recorded", func(r *result.Repetition) float64 { return float64(r.Counters.Recorded) }},
	{"lost", func(r *result.Repetition) float64 { return float64(r.Counters.Lost) }},
	{"duplicates", func(r *result.Repetition) float64 { return float64(r.Counters.Duplicates) }},
	{"out_of_order", func(r *result.Repetition) float64 { return float64(r.Counters.OutOfOrder) }},
	{"corrupt", func(r *result.Repetition) float64 { return float64(r.Counters.Corrupt) }},
	{"dropped", func(r *result.Repetition) float64 { return float64(r.Counters.Dropped) }},
	{"clamped", func(r *result.Repetition) float64 { return float64(r.Counters.Clamped) }},
}

// each writes a part for each cell, under its name.
func each(part func(*result.Cell) ([]byte, error)) func(io.Writer, *result.Result) error {
	return func(w io.Writer, r *result.Result) error {
		for _, c := range r.Cells {
			b, err := part(c)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(w, "#[cell: %s]\n%s", c.ID, b); err != nil {
				return err
			}
		}
		return nil
	}
}

// What follows is how these reports say things, for renderings in packages of their own
// (report/html).

// FloorProtocol is what the other protocols are held against.
const FloorProtocol = floorProtocol

// Title says in a line what a cell did, its protocol left out: cells of one title can be
// put side by side.
func Title(c result.Config) string { return title(c) }

// Duration writes nanoseconds with three significant digits, “–” where v is not known.
func Duration(ns float64) string { return orDash(ns, duration) }

// Count writes a number with three significant digits, “–” where v is not known.
func Count(v float64) string { return orDash(v, count) }

// Objections lists what speaks against a result, a line for each kind.
func Objections(r *result.Result) []string {
	var out []string
	for _, o := range objections(r) {
		out = append(out, o.String())
	}
	return out
}

// Trouble is what a cell lost or broke, empty for nothing.
func Trouble(c *result.Cell) string { return trouble(c) }

// Where says on what machines the two sides of a result ran.
func Where(r *result.Result) string { return where(r) }
