package loadgen

import (
	"fmt"
	"strings"

	"rtbench/report/result"
	"rtbench/scenarios"
)

// CheckBaseline says why thresholds of these scenarios cannot be held against a
// stored result: another machine, a cell that it lacks or that had another load.
func CheckBaseline(list []*scenarios.Scenario, base *result.Result) error {
	now := newResult(list)
	now.Cells = Cells(list)
	for _, c := range now.Cells {
		if base.Cell(c.ID) == nil {
			return fmt.Errorf("it has no cell %s", c.ID)
		}
	}
	if d := result.Differences(base, now); len(d) > 0 {
		return fmt.Errorf("it was measured otherwise (there, here):\n  %s", strings.Join(d, "\n  "))
	}
	return nil
}

// Cells lists the cells that these scenarios ask for, without repetitions.
func Cells(list []*scenarios.Scenario) []*result.Cell {
	var res result.Result
	schedule(&res, list, nil)
	return res.Cells
}
