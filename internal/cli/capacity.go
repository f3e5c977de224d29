package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rtbench/loadgen"
	"rtbench/report"
	"rtbench/report/capacity"
	"rtbench/report/html"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// capacityFlags are the flags of capacity.
type capacityFlags struct {
	searchFlags
	recover     recoverFlags
	target      string
	protocols   []string
	out, resume string
	format      formatFlag[*result.Result]
	read        scenarioFlags
	view        viewFlags
}

func capacityCommand() *cobra.Command {
	f := capacityFlags{format: formatFlag[*result.Result]{formats: report.Formats}}
	c := &cobra.Command{
		Use:   "capacity SCENARIO",
		Short: "Find the highest load that meets an objective, with an interval",
		Long:  capacityLong,
		Example: `  rtbench capacity echo --protocols websocket,grpc --objective 'p(99) < 10ms && failed_rate < 0.1%'
  rtbench capacity echo --set load.model=closed --vary load.connections --objective 'p(99) < 5ms'
  rtbench capacity mine.yaml --objective 'p(99) < 50ms' --step 5s --out results/capacity
  rtbench capacity mine.yaml --objective 'p(99) < 50ms' --step 5s --resume results/capacity
  rtbench capacity mine.yaml --objective 'p(99) < 50ms' --recover 1.5
  rtbench capacity mine.yaml --objective 'p(99) < 50ms' --agents 3 --listen 0.0.0.0:4222 --token-file token`,
		Args: exactArgs(1, "one scenario"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	f.register(c, "")
	f.recover.register(c)
	c.Flags().StringSliceVar(&f.protocols, "protocols", nil, "search the capacity of these `PROTOCOLS`, in turn")
	c.Flags().StringVar(&f.target, "target", "", "`ADDRESS` of a running server, as in 'rtbench run'")
	c.Flags().StringVarP(&f.out, "out", "o", "", "write the result to `DIR` (default results/TIME-capacity-NAME)")
	c.Flags().StringVar(&f.resume, "resume", "", "continue the interrupted search in `DIR`, with the same scenario and flags")
	f.format.register(c)
	f.read.registerProfile(c)
	f.read.registerStack(c)
	f.read.registerSet(c)
	f.view.register(c)
	f.view.registerVerbose(c)
	f.view.fleet.register(c)
	return c
}

const capacityLong = `Searches the highest rate, number of connections or other load under which the server meets
an objective. Each step is a short run on a fresh server. The search first doubles or halves
the scenario's load, then runs steps around the capacity in shuffled order, until the 95 %
interval is narrow enough. Several protocols, stacks or values of other axes take turns.

The capacity is the highest load under which the objective is met in the long run: the slow or
failed messages of all steps are counted together. Its interval is that of a Bayesian estimate,
which allows for steps that a disturbance spoiled. An objective without a percentile or
failed_rate has the load at which half of the steps meet it. If rtbench or its machine is at its
limit first, the answer is a lower bound. Steps far beyond the objective end early.

--recover 1.5 then overloads the server with 1.5 times its capacity for --overload, and lets the
load fall to half of the capacity: the result has the backlog at the end of the overload, when it
was gone, and when the objective was met again.

With --agents, agents run each step together. A step in which one of them was at its limit
never counts against the server.

Interrupt the search to see what is known; --resume continues it.

Exit codes: 0 success · 1 failed · 2 usage · 99 the objective is missed even at the lowest
load · 104 invalid scenario · 105 interrupted · 113 no usable measurement · 114 agent lost`

func (f *capacityFlags) run(cmd *cobra.Command, name string) error {
	ctx := cmd.Context()
	writer, err := f.format.chosen()
	if err != nil {
		return err
	}
	s, axis, err := f.open(name)
	if err != nil {
		return err
	}
	plan, err := f.plan(s, axis, f.view.fleet)
	if err != nil {
		return err
	}
	if plan.Recover, err = f.recover.plan(cmd, s, axis, f.view.fleet); err != nil {
		return err
	}
	warnUnprofiled(s)
	first := []*scenarios.Scenario{stepAt(s, axis, plan.Start)}
	if err := checkLoad(first, f.view.fleet); err != nil {
		return err
	}
	agents, endFleet, err := f.view.fleet.start(ctx, first, f.view.quiet)
	if err != nil {
		return err
	}
	defer endFleet()
	var res *result.Result
	var before time.Duration
	dir, err := f.claim(s, plan, &res)
	if err != nil {
		return err
	}
	defer dir.release()
	if res != nil {
		before = res.Elapsed
	}
	started := time.Now()
	res, err = f.search(ctx, s, axis, plan, res, dir, agents)
	if err != nil {
		return addHint(err)
	}
	res.Elapsed = before + time.Since(started)
	at, storeErr := dir.store(map[string]*result.Result{"": res}, func(at string) error {
		return writeReport(at, func(w io.Writer) error { return html.Write(w, []result.Named{{Dir: at, Result: res}}, nil) })
	})
	if f.view.verbose {
		writer.Write = report.Details
	}
	if err := writer.Write(os.Stdout, res); err != nil {
		return errors.Join(storeErr, err)
	}
	if writer.Name == f.format.names()[0] {
		f.view.printPlace(at)
	}
	return errors.Join(storeErr, capacityError(res, at))
}

// claim claims the directory of the result. With --resume, res is set to the result so far.
func (f *capacityFlags) claim(s *scenarios.Scenario, plan *result.Search, res **result.Result) (*output, error) {
	if f.resume == "" {
		return claimOutput(f.out, "capacity-"+s.Name)
	}
	r, err := result.Read(f.resume)
	switch {
	case err != nil:
		return nil, fmt.Errorf("--resume %w", err)
	case r.Search == nil:
		return nil, usageError("--resume %s: expected the directory of an interrupted `rtbench capacity`", f.resume)
	case !reflect.DeepEqual(r.Search, plan) || len(r.Scenarios) != 1 || r.Scenarios[0].Source != string(s.Source):
		return nil, usageError("--resume %s: the scenario or the flags differ from those of the interrupted search", f.resume)
	case r.Environment != loadgen.Environment():
		return nil, usageError("--resume %s: it was measured on another machine", f.resume)
	}
	r.Interrupted, r.Unfinished = false, false
	*res = r
	return reclaimOutput(f.resume, r)
}

// search runs the steps.
func (f *capacityFlags) search(ctx context.Context, s *scenarios.Scenario, axis scenarios.NumericAxis, plan *result.Search, res *result.Result, dir *output, agents loadgen.Fleet) (*result.Result, error) {
	server, err := referenceServer("")
	if err != nil {
		return nil, err
	}
	var before []*result.Result
	if res != nil {
		before = []*result.Result{res}
	}
	warnProxy([]*scenarios.Scenario{s})
	all, err := f.view.search(ctx, agents, dir, s, axis, plan, []loadgen.Side{{Server: server}}, before)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// capacityError returns the exit code for the result of a search; nil for success.
func capacityError(res *result.Result, at string) error {
	var missed, unknown []string
	order, lost := -1, ""
	for _, r := range res.Repetitions() {
		if r.Order > order { // earlier ones were lost before --resume
			order, lost = r.Order, r.Lost()
		}
	}
	if lost != "" {
		return exitError(exitAgentLost, "%s%s", lost, formatDir("; the same command with --resume %s continues", at))
	}
	for _, s := range capacity.Subjects(res) {
		switch s.Answer.Kind {
		case capacity.Below:
			missed = append(missed, s.Name)
		case capacity.Unknown:
			unknown = append(unknown, s.Name)
		}
	}
	switch {
	case res.Interrupted && at != "":
		return exitError(exitInterrupted, "interrupted; the same command with --resume %s continues", at)
	case res.Interrupted:
		return exitError(exitInterrupted, "interrupted")
	case len(unknown) > 0 || len(res.Cells) == 0:
		return exitError(exitInvalid, "no usable measurement of %s", fmt.Sprint(strings.Join(unknown, ", ")))
	case len(missed) > 0:
		return exitError(exitThreshold, "the objective is missed even at the lowest load by %s", strings.Join(missed, ", "))
	}
	return nil
}
