// Package loadgen runs scenarios. It opens a cell's streams through package driver, sends by a
// plan or in a closed loop, records the messages received, and returns a result. Package pace
// decides when messages are due, and package report interprets the metrics.
package loadgen

import (
	"context"
	"os"
	"runtime"
	"time"

	"rtbench/loadgen/target"
	"rtbench/proto"
	"rtbench/proto/pace"
	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// Options configure a run.
type Options struct {
	Scenarios []*scenarios.Scenario
	// Server is the command that starts a reference server and prints a proto.Info, without --tls
	// and --stack, which are added as a cell needs them. Each repetition starts a new one.
	Server []string
	// Baseline is the result that thresholds with base metrics compare to; it may be nil.
	Baseline *result.Result
	// Fleet runs each repetition on its agents, all of them together; nil runs it in this process.
	Fleet Fleet
	// OneByOne runs each repetition alone. Otherwise loads alternate in turns where they can.
	OneByOne bool
	// OnStatus receives the progress. It is called by one goroutine at a time and must not block.
	// It may be nil.
	OnStatus func(result.Status)
	// OnRepetition receives each repetition before the next starts, with its side (as in result.Status),
	// cell and result. It is called by one goroutine at a time. It may be nil.
	OnRepetition func(side string, res *result.Result, c *result.Cell, r *result.Repetition)

	// search reports that repetitions are steps of a search: a step ends as soon as one of its thresholds
	// cannot hold any more, and its thresholds are about its messages, not what they are a sample of.
	search bool
	// onPacing receives the pacers before sending starts, so that tests can disturb them.
	onPacing func([]*pace.Metronome)
}

// Run runs the scenarios. When ctx ends, it stops within a second and returns the measurements so
// far, marked as interrupted. It returns an error only if nothing could be measured; failures of
// a repetition are in the result.
func Run(ctx context.Context, opts Options) (*result.Result, error) {
	if err := target.CheckSchemes(opts.Scenarios); err != nil {
		return nil, err
	}
	res := newResult(opts.Scenarios)
	var jobs []job
	var profiled [][]job
	opts.OneByOne = opts.OneByOne || opts.Fleet != nil
	for _, s := range opts.Scenarios {
		cells, err := addCells([]*result.Result{res}, s, []Side{{Server: opts.Server}})
		if err == nil {
			err = opts.prepare(ctx, cells, res.Environment)
		}
		if err != nil {
			return nil, err
		}
		for round := range s.Repetitions {
			jobs = append(jobs, ordered(cells, round)...)
		}
		if s.Profile.Wanted {
			profiled = append(profiled, cells...)
		}
	}
	if opts.Fleet != nil {
		if err := opts.Fleet.Save(ctx, opts.checkpoint(res, jobs)); err != nil {
			return nil, err
		}
	}
	if err := opts.runJobs(ctx, jobs, 0, len(jobs), res.Environment.Cores); err != nil {
		return nil, err
	}
	finish(ctx, res)
	if why := notProfiled(res); why == "" {
		opts.profileCells(ctx, profiled)
	} else {
		leaveUnprofiled(profiled, why)
	}
	return res, nil
}

func newResult(list []*scenarios.Scenario) *result.Result {
	res := &result.Result{
		Version: result.Version, Started: time.Now(), Environment: Environment(),
		Tool: Tool(),
	}
	res.Tool.Command = append([]string{"rtbench"}, scenarios.PublicArgs(os.Args[1:])...)
	for _, s := range list {
		res.Scenarios = append(res.Scenarios, result.Scenario{Name: s.Name, File: s.File, Source: string(s.Source)})
	}
	return res
}

func finish(ctx context.Context, res *result.Result) {
	res.Interrupted = ctx.Err() != nil
	res.Elapsed = time.Since(res.Started)
}

// runJobs runs jobs, in blocks where they can alternate, until ctx ends, and adds each repetition to
// its cell. done is the number of jobs run before, and all the total.
func (o Options) runJobs(ctx context.Context, jobs []job, done, all, cores int) error {
	var length time.Duration // of all jobs
	for _, j := range jobs {
		length += j.length()
	}
	planned := func(n int) time.Duration { return time.Duration(float64(length) * float64(n) / float64(len(jobs))) }
	before, order := planned(done), done
	for _, b := range o.blocks(jobs) {
		statuses := b.statuses(order, all, before, planned(all))
		aborted, err := o.runBlock(ctx, b, statuses, order, cores)
		if err != nil || aborted || ctx.Err() != nil {
			return err
		}
		before += statuses[0].Plan
		order += len(b)
	}
	return nil
}

// statuses returns the first status of each job, for a block that runs after order jobs of all.
func (b block) statuses(order, all int, before, whole time.Duration) []result.Status {
	var length time.Duration
	for _, j := range b {
		length += j.length()
	}
	out := make([]result.Status, len(b))
	for i, j := range b {
		out[i] = result.Status{
			Run: order + i + 1, Of: all, Cell: j.resultCell.ID, Protocol: j.cell.Protocol, Pattern: j.cell.Pattern, Times: j.cell.Times,
			Repetition: j.index + 1, Side: j.side.name, Plan: length, Before: before, Whole: whole,
		}
	}
	return out
}

// runBlock runs the jobs of a block together, or one by one if that fails or there is only one. It
// reports whether a threshold aborted the run, or an agent was lost.
func (o Options) runBlock(ctx context.Context, b block, statuses []result.Status, order, cores int) (aborted bool, err error) {
	if len(b) > 1 {
		reps, err := b.run(ctx, o, statuses)
		for i, rep := range reps {
			o.finish(b[i], []*result.Repetition{rep}, order+i, cores, statuses[i])
		}
		if err == nil || ctx.Err() != nil {
			return false, nil
		}
	}
	for i, j := range b {
		reps, err := runJob(ctx, o, j, statuses[i])
		switch {
		case ctx.Err() != nil && err != nil: // interrupted before it started
			return false, nil
		case err != nil && order+i == 0:
			return false, err
		case err != nil: // keep the earlier repetitions
			reps = j.failed(time.Now(), err)
		}
		rep := reps[0]
		o.finish(j, reps, order+i, cores, statuses[i])
		if stop := rep.Aborted != "" || rep.Lost() != ""; stop || ctx.Err() != nil {
			return stop, nil
		}
	}
	return false, nil
}

// finish judges the repetitions of a job's parts and adds them to their cells.
func (o Options) finish(j job, reps []*result.Repetition, order, cores int, st result.Status) {
	for i, p := range j.parts() {
		rep := reps[i]
		rep.Index, rep.Order, rep.Target = j.index, order, j.side.machine
		rep.CountPerMessage()
		rep.Validity = result.Judge(p.resultCell.Config, rep, cores)
		values := metric.OfRepetition(rep)
		if o.search {
			values = metric.OfStep(rep)
		}
		if p.cell.Overload.For == 0 { // else they apply to parts of the time after it
			rep.Thresholds = evaluateThresholds(p.scenario, rep, values, o.baseline(p.resultCell.ID))
		}
		p.resultCell.Repetitions = append(p.resultCell.Repetitions, rep)
		if o.OnRepetition != nil {
			o.OnRepetition(j.side.name, j.result, p.resultCell, rep)
		}
		done := st
		done.Cell, done.Pattern, done.Times = p.resultCell.ID, p.cell.Pattern, p.cell.Times
		done.End(rep)
		o.notify(done)
		rep.Pack()
	}
	if o.Fleet != nil {
		o.Fleet.SaveDone(order, j.ended(reps))
	}
}

// Tool identifies this program, without the command line.
func Tool() result.Tool {
	return result.Tool{
		Name: "rtbench", Version: proto.Version(), Commit: proto.Commit(), Go: runtime.Version(), Libraries: proto.LibraryVersions(),
	}
}

// runJob starts or finds the server and runs one repetition, and returns that of each part. It returns
// an error only if the user's server is unreachable, or if interrupted before the server was found.
func runJob(ctx context.Context, opts Options, j job, st result.Status) ([]*result.Repetition, error) {
	st.Phase = "server"
	opts.notify(st)
	started := time.Now()
	srv, err := target.Find(ctx, j.serverSpec())
	if err != nil {
		if j.whole.Target != "" || ctx.Err() != nil {
			return nil, err
		}
		return j.failed(started, err), nil
	}
	defer srv.Stop()
	// The exit of the server ends the repetition, with the exit as its cause.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go srv.CancelOnExit(ctx, cancel)
	if opts.Fleet != nil {
		return runShared(ctx, j, opts, st, srv), nil
	}
	r := newRepetition(ctx, j, opts, st, srv, &result.Repetition{Started: started})
	r.run(ctx)
	return append([]*result.Repetition{r.rep}, r.others...), nil
}
