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
	}{insecure(r), r, claims.Performance(r)})
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
				head += fmt.Sprintf("#[times: %s]\n", times([]*result.Cell{c}))
			}
			if _, err := io.WriteString(w, head+string(b)); err != nil {
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

// Trouble is what a cell lost or broke, a line for each, none for nothing.
func Trouble(c *result.Cell) []string { return trouble(c, exampleOnPage) }

// Insecure says that a server's certificate was not verified, and where; empty where all
// were.
func Insecure(r *result.Result) string { return insecure(r) }

// Times says what the times of cells of one title are, and from when they count.
func Times(cells ...*result.Cell) string { return times(cells) }

// Told says how messages of a cell are told apart; empty where nothing tells it.
func Told(c result.Config) string { return told(c) }

// Agreed is what the servers of WebSockets agreed to, a line for each thing.
func Agreed(cells ...*result.Cell) []string { return agreed(cells) }

// Timed names a figure of the times: p50 is gap p50 where they are gaps.
func Timed(c result.Config, figure string) string { return timed(c, figure) }

// Payload is how large a message is, where that is known, and what it is made of.
func Payload(c result.Config) string { return payload(c) }

// ServerFigures says where the figures of a server of the user's own came from, or that
// they are not known; empty of other servers.
func ServerFigures(r *result.Result) string { return serverFigures(r) }

// Where says on what machines the two sides of a result ran.
func Where(r *result.Result) string { return where(r) }
