package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	"rtbench/loadgen"
	"rtbench/report"
	"rtbench/report/live"
	"rtbench/report/oracle"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// runOracle runs every case of the oracle. Only the server knows its fault, from its command
// line; the load generator does not.
func (v viewFlags) runOracle(ctx context.Context, out string) error {
	dir, err := claimOutput(out, "oracle")
	if err != nil {
		return err
	}
	defer dir.release()
	watch, err := v.watch(live.Options{})
	if err != nil {
		return err
	}
	defer watch.close()
	var kept *result.Result // the journal's; each case adds its cells
	all, err := runCases(ctx, oracle.Cases, nil, loadgen.Options{
		OnStatus: watch.Show,
		OnRepetition: func(side string, res *result.Result, cell *result.Cell, r *result.Repetition) {
			if kept == nil {
				first := *res
				first.Cells, kept = nil, &first
			}
			dir.keep(side, kept, cell, r)
		},
	}, watch.Title)
	if err != nil {
		return err
	}
	if cases, protocols := oracle.Repeatable(all); len(cases) > 0 && ctx.Err() == nil {
		second, err := runCases(ctx, cases, protocols, loadgen.Options{OnStatus: watch.Show},
			func(s string) { watch.Title("again, " + s) })
		if err != nil {
			return err
		}
		oracle.Confirm(all, second)
	}
	watch.close()
	at, storeErr := dir.store(map[string]*result.Result{"": all}, nil)
	if err := report.OracleText(os.Stdout, all); err != nil {
		return errors.Join(storeErr, err)
	}
	if at != "" {
		fmt.Printf("Result: %s\n", at)
	}
	return errors.Join(storeErr, oracleError(all))
}

// runCases runs the scenario of each case, the first of which is the floor, over some protocols, nil for all, and
// returns the combined result.
func runCases(ctx context.Context, cases []oracle.Case, protocols []string, opts loadgen.Options, title func(string)) (all *result.Result, err error) {
	keep := opts.OnRepetition
	for _, c := range cases {
		s, err := scenarios.Open(cmp.Or(c.Scenario, "oracle"))
		if err != nil {
			return nil, err
		}
		if protocols != nil {
			s.Protocols = protocols
		}
		if opts.Server, err = referenceServer(c.Fault); err != nil {
			return nil, err
		}
		title(fmt.Sprintf("oracle: %s: %s", c.Name, c.About))
		opts.Scenarios, opts.OneByOne = []*scenarios.Scenario{s}, true // faults and their closed forms are in real time
		if keep != nil {
			opts.OnRepetition = func(side string, res *result.Result, cell *result.Cell, r *result.Repetition) {
				keep(side, res, c.Named(cell), r)
			}
		}
		res, err := loadgen.Run(ctx, opts)
		if err != nil {
			return nil, err
		}
		all = c.Add(all, res)
		if ctx.Err() != nil {
			break
		}
	}
	return all, nil
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
