package loadgen

import (
	"fmt"
	"strings"

	"rtbench/report/result"
	"rtbench/scenarios"
)

// CheckBaseline returns an error if base cannot be the baseline of the scenarios: it comes from
// another machine, lacks a cell, or had another load.
func CheckBaseline(list []*scenarios.Scenario, base *result.Result) error {
	now := newResult(list)
	now.Cells = Cells(list)
	for _, c := range now.Cells {
		if base.Cell(c.ID) == nil {
			return fmt.Errorf("the baseline has no cell %s", c.ID)
		}
	}
	if d := result.Differences(base, now); len(d) > 0 {
		return fmt.Errorf("it was measured with a different configuration (baseline, now):\n  %s", strings.Join(d, "\n  "))
	}
	return nil
}

// Cells returns the cells of the scenarios, without repetitions.
func Cells(list []*scenarios.Scenario) []*result.Cell {
	var res result.Result
	for _, s := range list {
		_, _ = addCells([]*result.Result{&res}, s, []Side{{}})
	}
	return res.Cells
}

// baseline returns the baseline's cell with that ID, or nil.
func (o Options) baseline(id string) *result.Cell {
	if o.Baseline == nil {
		return nil
	}
	return o.Baseline.Cell(id)
}
