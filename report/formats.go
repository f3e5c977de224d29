package report

import (
	"encoding/json"
	"fmt"
	"io"

	"rtbench/report/claims"
	"rtbench/report/regression"
	"rtbench/report/result"
)

// A FormatOf renders a T.
type FormatOf[T any] struct {
	Name  string // value of --format
	About string // for help texts
	// Write renders a T without modifying it. It returns the writer's error.
	Write func(io.Writer, T) error
}

// Format renders a result.
type Format = FormatOf[*result.Result]

// ComparisonFormat renders a comparison of two targets or results.
type ComparisonFormat = FormatOf[regression.Comparison]

// GuideFormat renders verdicts on the guide's claims.
type GuideFormat = FormatOf[Guide]

// DetailsName is the name of the formats with everything.
const DetailsName = "details"

// Formats lists the formats of a result, the default first.
var Formats = []Format{
	{"text", "the answer on one screen", Summary},
	{DetailsName, "all tables, intervals, reasons and the environment, for a terminal", Details},
	{"json", "the complete result with the claims", JSON},
	{"csv", "one line per repetition", CSV},
	{"md", "the tables in Markdown, for a pull request or a CI job's summary", Markdown},
	{"junit", "JUnit XML for CI: a case for each cell and threshold", JUnit},
	{"benchfmt", "Go benchmark format for benchstat, one line per repetition", Benchfmt},
	{"hgrm", "percentile distributions for HdrHistogram's plotter", each((*result.Cell).HGRM)},
	{"hlog", "interval logs for HdrHistogram's tools", each((*result.Cell).HLog)},
}

// ComparisonFormats lists the formats of a comparison, the default first.
var ComparisonFormats = []ComparisonFormat{
	{"text", "the table, for a terminal", asText((*printer).comparison)},
	{"md", "the table in Markdown, for a CI summary or a pull request", asMarkdown((*printer).comparison)},
	{"json", "the complete comparison, for programs", indented[regression.Comparison]},
	{"junit", "JUnit XML: a case per metric and cell", comparisonJUnit},
}

// GuideFormats lists the formats of verdicts, the default first.
var GuideFormats = []GuideFormat{
	{"text", "the guide's table on one screen", GuideSummary},
	{DetailsName, "the guide's table and a paragraph for each cell, for a terminal", asText((*printer).guide)},
	{"md", "the same in Markdown", asMarkdown((*printer).guide)},
	{"json", "the claims as data", GuideJSON},
}

// indented writes v as JSON.
func indented[T any](w io.Writer, v T) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// GuideJSON writes the claims as a JSON array.
func GuideJSON(w io.Writer, g Guide) error { return indented(w, g.Claims) }

// JSON writes the stored result with the claims and the capacities, preceded by a warning if a server's
// certificate was not verified. result.Read reads it and ignores the additions.
func JSON(w io.Writer, r *result.Result) error {
	return indented(w, struct {
		Insecure string `json:"insecure,omitempty"`
		*result.Result
		Claims   []claims.Claim `json:"claims"`
		Capacity []jsonCapacity `json:"capacity,omitempty"`
	}{Insecure(r), r, claims.Performance(r), capacitiesOf(r)})
}

// each returns a function that writes part of every cell after a comment with its ID.
func each(part func(*result.Cell) ([]byte, error)) func(io.Writer, *result.Result) error {
	return func(w io.Writer, r *result.Result) error {
		for _, c := range r.Cells {
			b, err := part(c)
			if err != nil {
				return err
			}
			head := fmt.Sprintf("#[cell: %s]\n", oneLine(c.ID))
			if c.Config.Insecure {
				head += fmt.Sprintf("#[%s]\n", insecureNotice)
			}
			if c.Config.Times != "" {
				head += fmt.Sprintf("#[times: %s]\n", timesCaption(c))
			}
			if _, err := io.WriteString(w, head+string(b)); err != nil {
				return err
			}
		}
		return nil
	}
}
