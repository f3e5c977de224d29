package loadgen

import (
	"fmt"
	"slices"

	"rtbench/loadgen/target"
	"rtbench/proto"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// addCells adds the cells of a scenario to the results, one for each side, and returns the jobs of each
// cell, or of all groups, also one for each side. A single side leaves out the cells that the target's address does not fit.
func addCells(results []*result.Result, s *scenarios.Scenario, sides []Side) (cells [][]job, err error) {
	for k, side := range sides {
		sc, err := side.scenario(s, len(sides) > 1)
		if err != nil {
			return nil, err
		}
		runs := sc.Runs()
		if len(sides) == 1 {
			runs = slices.DeleteFunc(runs, func(run []scenarios.Cell) bool { return !target.Fits(s.Target, run[0].Protocol) })
		}
		if k == 0 {
			cells = make([][]job, len(runs))
		}
		for i, run := range runs {
			j := job{result: results[k], whole: sc, side: side}
			for n, p := range run {
				of := sc.Of(p)
				c := newCell(of, p)
				results[k].Cells = append(results[k].Cells, c)
				if one := (part{scenario: of, cell: p, resultCell: c}); n == 0 {
					j.part = one
				} else {
					j.others = append(j.others, one)
				}
			}
			cells[i] = append(cells[i], j)
		}
	}
	return cells, nil
}

// scenario returns a copy of a scenario with the target of a side, which may be one of several.
func (s Side) scenario(of *scenarios.Scenario, several bool) (*scenarios.Scenario, error) {
	sc := *of
	switch {
	case of.API == "custom" && s.Target != "":
		if err := sc.Retarget(s.Target); err != nil {
			return nil, fmt.Errorf("target: %w", err)
		}
	case several && (s.Target != "" || s.Shell != "" || len(s.Server) > 0):
		sc.Target = s.Target
	}
	return &sc, nil
}

// ordered returns the jobs of a round: each cell on one side and then on the other, in odd rounds in reverse,
// so that drift of the machine affects all alike.
func ordered(cells [][]job, round int) []job {
	jobs := slices.Concat(cells...)
	if round%2 == 1 {
		slices.Reverse(jobs)
	}
	for i := range jobs {
		jobs[i].index = round
	}
	return jobs
}

func newCell(s *scenarios.Scenario, p scenarios.Cell) *result.Cell {
	c := &result.Cell{ID: s.Name + "/" + p.ID(), Config: p, Client: stackOf(p.Protocol, p.Stack, proto.LibraryVersions())}
	if p.API == "custom" {
		if p.Model == "server" || len(s.Custom.Messages) > 0 {
			c.Config.Size = 0 // the messages determine it
		}
	} else if p.API == "guide" {
		c.Notes = []string{proto.Pattern(p.Pattern).Traffic().GuideNote}
	} else if row, ok := proto.ProtocolByName(p.Protocol); ok {
		c.Notes = row.Notes
	}
	return c
}

// stackOf returns a stack with the versions of its libraries, of those in a program.
func stackOf(protocol, name string, versions map[string]string) result.Stack {
	row, _ := proto.StackOf(protocol, name)
	out := result.Stack{Name: name, Libraries: map[string]string{}}
	for _, path := range row.Libraries {
		out.Libraries[path] = versions[path]
	}
	return out
}
