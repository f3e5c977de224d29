package report

import (
	"io"

	"rtbench/report/result"
)

// A Format renders a result.
type Format struct {
	Name  string // value of --format
	About string // for help texts
	// Write renders a result without modifying it.
	Write func(io.Writer, *result.Result) error
}

// Formats lists the formats, the default first.
var Formats = []Format{
	{"text", "the tables, for a terminal", Text},
	{"json", "the complete result with the claims", JSON},
	{"csv", "one line per repetition", CSV},
	{"md", "the tables in Markdown, for a pull request or a CI job's summary", Markdown},
	{"junit", "JUnit XML for CI: a case for each cell and threshold", JUnit},
	{"benchfmt", "Go benchmark format for benchstat, one line per repetition", Benchfmt},
	{"hgrm", "percentile distributions for HdrHistogram's plotter", each((*result.Cell).HGRM)},
	{"hlog", "interval logs for HdrHistogram's tools", each((*result.Cell).HLog)},
}
