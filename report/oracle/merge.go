package oracle

import (
	"strings"

	"rtbench/report/result"
)

// Add adds the cells measured under c to the result of all previous cases and compares them with
// the closed forms. It puts the case into their scenario names. The first case must be the floor,
// with all nil. Add returns the combined result, which shares the cells of measured.
func (c Case) Add(all, measured *result.Result) *result.Result {
	if all == nil {
		whole := *measured
		all = &whole
		all.Cells = nil
	}
	for _, cell := range measured.Cells {
		scenario, rest, _ := strings.Cut(cell.ID, "/")
		floor := all.Cell(scenario + "-" + Cases[0].Name + "/" + rest)
		*cell = *c.Named(cell)
		if floor == nil {
			floor = cell
		}
		all.Cells = append(all.Cells, cell)
		if len(cell.Repetitions) > 0 {
			all.Oracle = append(all.Oracle, c.Check(cell, floor)...)
		}
	}
	all.Interrupted = measured.Interrupted
	all.Elapsed = measured.Started.Add(measured.Elapsed).Sub(all.Started)
	return all
}

// Named returns a copy of the cell with the case in its scenario name.
func (c Case) Named(cell *result.Cell) *result.Cell {
	named := *cell
	scenario, rest, _ := strings.Cut(cell.ID, "/")
	named.Config.Scenario = scenario + "-" + c.Name
	named.ID = named.Config.Scenario + "/" + rest
	return &named
}

// Holds reports whether r has expectations and all of them are met.
func Holds(r *result.Result) bool {
	for _, e := range r.Oracle {
		if !e.Within {
			return false
		}
	}
	return len(r.Oracle) > 0
}
