// Package loadgen runs scenarios: it opens the streams of a cell through the
// driver seam, sends by the plan or in a closed loop, records what comes back
// and puts all of it into a result. How a protocol speaks is driver's business,
// when a message is due pace's, and what a figure means report's.
package loadgen

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"rtbench/loadgen/target"
	"rtbench/proto/pace"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// Options say what to run.
type Options struct {
	Scenarios []*scenarios.Scenario
	// Server is the command that serves and prints a proto.Info; --tls and --engine
	// are added where a cell asks for them. A fresh one is started for each repetition.
	Server []string
	// Baseline is what thresholds that speak of a baseline are held against; nil
	// for none.
	Baseline *result.Result
	// OnStatus is told what goes on; nil for nobody. It is called from one goroutine
	// at a time and must not block.
	OnStatus func(Status)
	// OnRepetition is given each repetition as it ends, with its side (as in Status), cell and result,
	// before the next begins; nil for nobody. It is called from one goroutine at a time.
	OnRepetition func(side string, res *result.Result, c *result.Cell, r *result.Repetition)

	// onPacing is told the pacers of a repetition that begins to send; for tests that
	// get in their way.
	onPacing func([]*pace.Metronome)
}

// Run runs the scenarios and returns what was measured. When ctx ends it stops
// within a second and returns what it has, marked interrupted. The error says
// why nothing could be measured at all; trouble within a repetition is in the
// result.
func Run(ctx context.Context, opts Options) (*result.Result, error) {
	if err := target.CheckSchemes(opts.Scenarios); err != nil {
		return nil, err
	}
	res := newResult(opts.Scenarios)
	jobs := schedule(res, opts.Scenarios, opts.Server)
	if err := checkMachine(jobs, res.Environment); err != nil {
		return nil, err
	}
	if err := prepare(ctx, jobs); err != nil {
		return nil, err
	}
	if err := opts.runJobs(ctx, jobs, 0, len(jobs), res.Environment.Cores); err != nil {
		return nil, err
	}
	finish(ctx, res)
	return res, nil
}

func newResult(list []*scenarios.Scenario) *result.Result {
	res := &result.Result{
		Version: result.Version, Started: time.Now(), Environment: environment(),
		Tool: result.Tool{Name: "rtbench", Version: version(), Go: runtime.Version(), Command: append([]string{"rtbench"}, scenarios.PublicArgs(os.Args[1:])...)},
	}
	for _, s := range list {
		res.Scenarios = append(res.Scenarios, result.Scenario{Name: s.Name, File: s.File, Source: string(s.Source)})
	}
	return res
}

func finish(ctx context.Context, res *result.Result) {
	res.Interrupted = ctx.Err() != nil
	res.Elapsed = time.Since(res.Started)
}

// runJobs runs jobs one after the other until ctx ends, and adds each repetition
// to its cell. done were run before, of all in all.
func (o Options) runJobs(ctx context.Context, jobs []job, done, all, cores int) error {
	for i, j := range jobs {
		if ctx.Err() != nil {
			break
		}
		order := done + i
		st := Status{Run: order + 1, Runs: all, Cell: j.resultCell.ID, Repetition: j.index + 1, Side: j.side}
		rep, err := runJob(ctx, o, j, st)
		switch {
		case err != nil && ctx.Err() != nil: // interrupted before it began
			return nil
		case err != nil && order == 0:
			return err
		case err != nil: // the repetitions before it are worth keeping
			rep = &result.Repetition{Started: time.Now(), Error: err.Error()}
		}
		rep.Index, rep.Order = j.index, order
		rep.Validity = result.Judge(j.resultCell.Config, rep, cores)
		rep.Thresholds = evaluateThresholds(j.scenario, rep, o.baseline(j.resultCell.ID))
		j.resultCell.Repetitions = append(j.resultCell.Repetitions, rep)
		if o.OnRepetition != nil {
			o.OnRepetition(j.side, j.result, j.resultCell, rep)
		}
		st.Phase, st.Done = "done", rep
		o.notify(st)
		if rep.Aborted != "" {
			break
		}
	}
	return nil
}

func (o Options) notify(s Status) {
	if o.OnStatus != nil {
		o.OnStatus(s)
	}
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
