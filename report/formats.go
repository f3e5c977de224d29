package report

import (
	"io"

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
