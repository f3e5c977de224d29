package claims

import (
	"slices"

	"rtbench/report/result"
)

// A Cell is one cell of the guide's comparison table, as data: what it says, what is
// tested, and how the verdict follows from what was seen.
type Cell struct {
	Feature  string // the row, a word in small letters: direction
	Protocol string // the column: websocket, sse or grpc
	Says     string // the guide's words
	Tests    string // what is done
	Rule     string // when the cell is confirmed, and when refuted
	// Needs are the probes and suites whose evidence is looked at; those that are
	// Helped by add to it.
	Needs, OptionalEvidence []string

	judge func(*Cell, *result.Evidence) finding
}

// A finding is what became of a cell.
type finding struct {
	verdict Verdict
	seen    []string
}

// ID is the cell's identifier: performance/grpc.
func (c *Cell) ID() string { return c.Feature + "/" + c.Protocol }

// Features are the rows of the guide's table, in its order: the word, and the guide's.
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

// Protocols are its columns: the word, and the guide's.
var Protocols = []struct{ ID, Name string }{
	{"websocket", "WebSockets"},
	{"sse", "SSE"},
	{"grpc", "gRPC streaming"},
}

// CellByID finds a cell of Cells.
func CellByID(id string) (*Cell, bool) {
	i := slices.IndexFunc(Cells, func(c *Cell) bool { return c.ID() == id })
	if i < 0 {
		return nil, false
	}
	return Cells[i], true
}

// CellIDs lists the identifiers of Cells, in their order.
func CellIDs() []string {
	ids := make([]string, len(Cells))
	for i, c := range Cells {
		ids[i] = c.ID()
	}
	return ids
}

// Evidence lists the names of the evidence that cells look at, each once.
func Evidence(cells []*Cell) []string {
	var names []string
	for _, c := range cells {
		for _, name := range slices.Concat(c.Needs, c.OptionalEvidence) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Judge holds cells against the evidence. It returns a claim for each, in their order;
// one whose evidence is not there is not testable, and says why.
func Judge(e *result.Evidence, cells []*Cell) []Claim {
	claims := make([]Claim, len(cells))
	for i, c := range cells {
		f := c.missing(e)
		if f.verdict == "" {
			f = c.judge(c, e)
		}
		claims[i] = Claim{
			ID: c.ID(), Statement: c.Says, Test: c.Tests, Rule: c.Rule,
			Verdict: f.verdict, Evidence: f.seen, Files: c.files(e),
		}
	}
	return claims
}

// missing says what the cell cannot be judged without; no verdict where all is there.
func (c *Cell) missing(e *result.Evidence) finding {
	var seen []string
	for _, name := range c.Needs {
		switch p := e.Probes[name]; {
		case p != nil && p.Missing != "":
			seen = append(seen, p.Missing)
		case p == nil && e.Suites[name] == nil:
			seen = append(seen, "not measured: "+name)
		case p == nil && e.Suites[name].Interrupted:
			seen = append(seen, "interrupted before its end: "+name)
		}
	}
	if len(seen) == 0 {
		return finding{}
	}
	return finding{NotTestable, seen}
}

// files are where the evidence lies, from the directory of the evidence.
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
