package report

import (
	"encoding/json"
	"fmt"
	"io"

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

// JSON writes the result as it is stored, with the claims beside it and before it, in
// words, that a server's certificate was not verified.
// result.Decode reads it, without the claims.
func JSON(w io.Writer, r *result.Result) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Insecure string `json:"insecure,omitempty"`
		*result.Result
		Claims []claims.Claim `json:"claims"`
	}{Insecure(r), r, claims.Performance(r)})
}

// each writes a part for each cell, under its name.
func each(part func(*result.Cell) ([]byte, error)) func(io.Writer, *result.Result) error {
	return func(w io.Writer, r *result.Result) error {
		for _, c := range r.Cells {
			b, err := part(c)
			if err != nil {
				return err
			}
			head := fmt.Sprintf("#[cell: %s]\n", oneLine(c.ID))
			if c.Config.Insecure {
				head += fmt.Sprintf("#[%s]\n", notVerified)
			}
			if c.Config.Times != "" {
				head += fmt.Sprintf("#[times: %s]\n", TimesCaption(c))
			}
			if _, err := io.WriteString(w, head+string(b)); err != nil {
				return err
			}
		}
		return nil
	}
}
