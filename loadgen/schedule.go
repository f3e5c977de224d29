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
		points := slices.DeleteFunc(s.Cells(), func(p scenarios.Cell) bool { return !target.Fits(s.Address, p.Protocol) })
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
	c := &result.Cell{ID: s.Name + "/" + p.ID, Config: result.Config{
		Scenario: s.Name, Protocol: p.Protocol, Path: p.Path, Pattern: p.Pattern, Axes: p.Axes, Model: p.Model, Arrivals: p.Arrivals,
		Rate: p.Rate, Connections: p.Connections, Streams: p.Streams, Think: p.Think, Seed: s.Load.Seed,
		Size: p.Size, Encoding: p.Encoding, TLS: p.TLS, Engine: p.Engine, Target: p.Address,
		Connect: s.Phases.Connect, Warmup: s.Phases.Warmup, Steady: s.Phases.Steady, Drain: s.Phases.Drain,
	}}
	for _, st := range s.Load.Stages {
		c.Config.Stages = append(c.Config.Stages, result.Stage{Over: st.Over, To: st.To})
	}
	if p.API == "custom" {
		configureCustom(&c.Config, s, p)
	} else if p.API == "guide" {
		c.Config.API = p.API
		c.Notes = []string{proto.GuideNotes[proto.Pattern(p.Pattern)]}
	} else if row, ok := proto.ProtocolByName(p.Protocol); ok {
		c.Notes = row.Notes
	}
	return c
}
