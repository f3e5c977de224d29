package claims

import "rtbench/report/result"

// Findings are what a run of the guide found in a situation. The zero value knows nothing.
type Findings struct {
	cells map[string]Claim
	leads map[[2]string]Claim
}

// Find judges all cells, and compares the protocols with each other, in a situation. e may be nil.
func Find(e *result.Evidence, in Situation) Findings {
	if e.Empty() {
		return Findings{}
	}
	f := Findings{map[string]Claim{}, map[[2]string]Claim{}}
	for _, c := range judgeIn(e, Cells, in) {
		f.cells[c.ID] = c
	}
	for _, a := range protocolIDs() {
		for _, b := range protocolIDs() {
			if a != b {
				f.leads[[2]string{a, b}] = Compare(e, a, b, in)
			}
		}
	}
	return f
}

// Verdict returns the verdict on a cell; empty if it was not judged.
func (f Findings) Verdict(id string) Verdict { return f.cells[id].Verdict }

// Cell returns the claim of a cell; the zero Claim if it was not judged.
func (f Findings) Cell(id string) Claim { return f.cells[id] }

// Lead returns the claim that protocol a is ahead of b; the zero Claim if they were not compared.
func (f Findings) Lead(a, b string) Claim { return f.leads[[2]string{a, b}] }

// SituationFor returns the situation for the answers to the tree's questions: without messages from the
// client, only patterns count in which the server sends.
func SituationFor(answers Answers, topology, stack string) Situation {
	s := Situation{Topology: topology, Stack: stack, Patterns: []string{"echo", "upload", "fanout"}}
	if !answers["bidirectional"] {
		s.Patterns = []string{"push", "fanout"}
	}
	return s
}
