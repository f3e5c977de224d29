package command

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

// runOracle runs every case of the oracle. Only the server is told its fault, on
// its command line: what measures does not know that there is one.
func (v viewing) runOracle(ctx context.Context, out string) error {
	scenario, err := scenarios.Open("oracle")
	if err != nil {
		return err
	}
	if out, err = freeDirectory(out, "oracle"); err != nil {
		return err
	}
	live := v.live()
	defer live.Clear()
	var all *result.Result
	for _, c := range oracle.Cases {
		server, err := ownServer(c.Fault)
		if err != nil {
			return err
		}
		live.Title(fmt.Sprintf("oracle: %s: %s", c.Name, c.About))
		res, err := loadgen.Run(ctx, loadgen.Options{
			Scenarios: []*scenarios.Scenario{scenario}, Server: server, Watch: func(s loadgen.Status) { live.Show(status(s)) },
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
	if err := result.Write(out, all); err != nil {
		return err
	}
	if err := report.OracleText(os.Stdout, all); err != nil {
		return err
	}
	fmt.Printf("Result: %s\n", out)
	switch {
	case all.Interrupted:
		return codedError{errors.New("interrupted"), exitInterrupted}
	case !oracle.Holds(all):
		return errors.New("the oracle is off: a figure is further from its known value than allowed")
	}
	return nil
}
