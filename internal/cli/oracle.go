package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"rtbench/loadgen"
	"rtbench/report"
	"rtbench/report/oracle"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// runOracle runs every case of the oracle. Only the server knows its fault, from its command
// line; the load generator does not.
func (v viewFlags) runOracle(ctx context.Context, out string) error {
	scenario, err := scenarios.Open("oracle")
	if err != nil {
		return err
	}
	dir, err := claimOutput(out, "oracle")
	if err != nil {
		return err
	}
	defer dir.release()
	live := v.live()
	defer live.Clear()
	var all, kept *result.Result // kept is the journal's result; each case adds its cells
	for _, c := range oracle.Cases {
		server, err := referenceServer(c.Fault)
		if err != nil {
			return err
		}
		live.Title(fmt.Sprintf("oracle: %s: %s", c.Name, c.About))
		res, err := loadgen.Run(ctx, loadgen.Options{
			Scenarios: []*scenarios.Scenario{scenario}, Server: server, OnStatus: live.Show,
			OneByOne: true, // faults and their closed forms are in real time
			OnRepetition: func(side string, res *result.Result, cell *result.Cell, r *result.Repetition) {
				if kept == nil {
					first := *res
					first.Cells, kept = nil, &first
				}
				dir.keep(side, kept, c.Named(cell), r)
			},
		})
		if err != nil {
			return err
		}
		all = c.Add(all, res)
		if ctx.Err() != nil {
			break
		}
	}
	live.Clear()
	at, storeErr := dir.store(map[string]*result.Result{"": all}, nil)
	if err := report.OracleText(os.Stdout, all); err != nil {
		return errors.Join(storeErr, err)
	}
	if at != "" {
		fmt.Printf("Result: %s\n", at)
	}
	return errors.Join(storeErr, oracleError(all))
}

func oracleError(all *result.Result) error {
	switch {
	case all.Interrupted:
		return exitCodeError{errors.New("interrupted"), exitInterrupted}
	case !oracle.Holds(all):
		return errors.New("the oracle found a deviation: a metric is outside the tolerance around its known value")
	}
	return nil
}
