package claims

import (
	"slices"

	"rtbench/report/result"
)

// A Cell is a cell of the guide's comparison table with its test and rule.
type Cell struct {
	Feature  string // the row: direction, …
	Protocol string // the column: websocket, sse or grpc
	Says     string // the guide's words
	Tests    string // description of the test
	Rule     string // conditions for confirming and refuting
	// Needs lists the required probes and suites, OptionalEvidence the optional ones.
	Needs, OptionalEvidence []string

	judge judge
}

// A judge judges a cell by the evidence for a situation.
type judge func(*result.Evidence, Situation) finding

// A finding is the outcome of judging a cell.
type finding struct {
	verdict Verdict
	summary []string
	seen    []string
}

// ID returns the identifier of the cell, such as performance/grpc.
func (c *Cell) ID() string { return c.Feature + "/" + c.Protocol }

// Features lists the rows of the guide's table in order, under the guide's names.
var Features = []struct{ ID, Name string }{
	{"direction", "Direction"},
	{"protocol", "Protocol"},
	{"browser", "Browser support"},
	{"complexity", "Complexity"},
	{"performance", "Performance"},
	{"reconnect", "Auto-reconnect"},
	{"binary", "Binary data"},
	{"use-case", "Use case"},
}

// A Column is a protocol of the guide's table.
type Column struct {
	ID, Name string
	// Wire lists the protocols, as results name them, that are the guide's one.
	Wire []string
}

// Protocols lists the columns of the guide's table, under the guide's names.
var Protocols = []Column{
	{"websocket", "WebSockets", []string{"websocket"}},
	{"sse", "SSE", []string{"sse", "sse-h2"}},
	{"grpc", "gRPC streaming", []string{"grpc"}},
}

// CellByID returns the cell with the given ID.
func CellByID(id string) (*Cell, bool) {
	i := slices.IndexFunc(Cells, func(c *Cell) bool { return c.ID() == id })
	if i < 0 {
		return nil, false
	}
	return Cells[i], true
}

// CellIDs returns the IDs of Cells in order.
func CellIDs() []string {
	ids := make([]string, len(Cells))
	for i, c := range Cells {
		ids[i] = c.ID()
	}
	return ids
}

// Evidence returns the names of the evidence that cells use, without duplicates.
func Evidence(cells []*Cell) []string {
	var names []string
	for _, c := range cells {
		names = slices.Concat(names, c.Needs, c.OptionalEvidence)
	}
	return result.Unique(names)
}

// Judge judges cells by the evidence and returns a claim for each, in order. Cells without evidence
// are not testable.
func Judge(e *result.Evidence, cells []*Cell) []Claim { return judgeIn(e, cells, Situation{}) }

// judgeIn is Judge for a situation.
func judgeIn(e *result.Evidence, cells []*Cell, in Situation) []Claim {
	claims := make([]Claim, len(cells))
	for i, c := range cells {
		f := c.missing(e)
		if f.verdict == "" {
			f = c.judge(e, in)
		}
		claims[i] = Claim{
			ID: c.ID(), Statement: c.Says, Test: c.Tests, Rule: c.Rule,
			Verdict: f.verdict, Summary: f.summary, Evidence: f.seen, Files: c.files(e),
		}
	}
	return claims
}

// missing returns a finding that lists the missing evidence. It has no verdict if none is missing.
func (c *Cell) missing(e *result.Evidence) finding {
	var seen []string
	for _, name := range c.Needs {
		switch p := e.Probes[name]; {
		case p != nil && p.Missing != "":
			seen = append(seen, p.Missing)
		case p == nil && e.Suites[name] == nil:
			seen = append(seen, "not measured: "+name)
		case p == nil && e.Suites[name].Interrupted:
			seen = append(seen, "interrupted: "+name)
		}
	}
	if len(seen) == 0 {
		return finding{}
	}
	return finding{verdict: NotTestable, seen: seen}
}

// files returns the files of the evidence, relative to its directory.
func (c *Cell) files(e *result.Evidence) []string {
	var files []string
	for _, name := range slices.Concat(c.Needs, c.OptionalEvidence) {
		switch {
		case e.Probes[name] != nil:
			files = append(files, name+".json")
		case e.Suites[name] != nil:
			files = append(files, name+"/"+result.FileName)
		}
	}
	return files
}
