package loadgen

import (
	"slices"

	"rtbench/loadgen/target"
	"rtbench/proto"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// schedule adds the cells to the result and returns the repetitions in running order: all cells
// of a scenario once, then again in reverse, so that drift of the machine affects all cells
// alike.
func schedule(res *result.Result, list []*scenarios.Scenario, server []string) []job {
	var jobs []job
	for _, s := range list {
		points := slices.DeleteFunc(s.Cells(), func(p scenarios.Cell) bool { return !target.Fits(s.Target, p.Protocol) })
		cells := addCells(res, s, points)
		for rep := range s.Repetitions {
			for i := range points {
				k := i
				if rep%2 == 1 {
					k = len(points) - 1 - i
				}
				jobs = append(jobs, job{result: res, scenario: s, cell: points[k], resultCell: cells[k], index: rep, server: server})
			}
		}
	}
	return jobs
}

func addCells(res *result.Result, s *scenarios.Scenario, points []scenarios.Cell) []*result.Cell {
	cells := make([]*result.Cell, len(points))
	for i, p := range points {
		cells[i] = newCell(s, p)
	}
	res.Cells = append(res.Cells, cells...)
	return cells
}

func newCell(s *scenarios.Scenario, p scenarios.Cell) *result.Cell {
	c := &result.Cell{ID: s.Name + "/" + p.ID(), Config: p}
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
