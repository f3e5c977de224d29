// Package loadgen runs scenarios: it opens the streams of a cell through the
// driver seam, sends by the plan or in a closed loop, records what comes back
// and puts all of it into a result. How a protocol speaks is driver's business,
// when a message is due pace's, and what a figure means report's.
package loadgen

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"rtbench/loadgen/target"
	"rtbench/proto"
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
	// Watch is told what goes on; nil for nobody. It is called from one goroutine
	// at a time and must not block.
	Watch func(Status)
	// Keep is given each repetition as it ends, with its side (as in Status), cell and result,
	// before the next begins; nil for nobody. It is called from one goroutine at a time.
	Keep func(side string, res *result.Result, c *result.Cell, r *result.Repetition)

	// started is told the pacers of a repetition that begins to send; for tests that
	// get in their way.
	started func([]*pace.Metronome)
}

// A Status says where a run is.
type Status struct {
	Run, Of    int // which repetition of how many in all, from 1
	Cell       string
	Repetition int    // of the cell, from 1
	Side       string // base or head, of Interleave
	Phase      string
	Recorded   uint64
	P50, P99   time.Duration
	// Elapsed is how much of the steady phase, Length long, has gone; both are 0 in other
	// phases.
	Elapsed, Length time.Duration
	// Planned is the rate due now, in messages a second at the receivers. HasPlan is false in
	// a closed loop, which has none, and until it is known.
	Planned float64
	HasPlan bool
	// Achieved is the rate since the status before, and ClientCores and ServerCores how many
	// cores each side kept busy between the last two samples; 0 until there are two, a
	// second apart. ServerKnown says that the server tells.
	Achieved, ClientCores, ServerCores float64
	ServerKnown                        bool
	// Failed is how many messages of the steady phase are known to have failed, and Errors
	// what result.Counters.ErrorCount counts, so far.
	Failed, Errors uint64
	// Done is the repetition when it has ended, else nil.
	Done *result.Repetition
}

// job is one repetition of one cell.
type job struct {
	scenario *scenarios.Scenario
	point    scenarios.Cell
	result   *result.Result // that has the cell
	cell     *result.Cell
	index    int
	side     string
	server   []string // the command that serves
	shell    string   // a command line that serves, in place of server
	target   *target.Custom
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
	if err := opts.perform(ctx, jobs, 0, len(jobs), res.Environment.Cores); err != nil {
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

// perform runs jobs one after the other until ctx ends, and adds each repetition
// to its cell. done were run before, of all in all.
func (o Options) perform(ctx context.Context, jobs []job, done, all, cores int) error {
	for i, j := range jobs {
		if ctx.Err() != nil {
			break
		}
		order := done + i
		st := Status{Run: order + 1, Of: all, Cell: j.cell.ID, Repetition: j.index + 1, Side: j.side}
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
		rep.Validity = result.Judge(j.cell.Config, rep, cores)
		rep.Thresholds = holdThresholds(j.scenario, rep, o.baseline(j.cell.ID))
		j.cell.Repetitions = append(j.cell.Repetitions, rep)
		if o.Keep != nil {
			o.Keep(j.side, j.result, j.cell, rep)
		}
		st.Phase, st.Done = "done", rep
		o.watch(st)
		if rep.Aborted != "" {
			break
		}
	}
	return nil
}

func (o Options) watch(s Status) {
	if o.Watch != nil {
		o.Watch(s)
	}
}

// schedule fills in the result's cells and returns the repetitions in the order
// to run them: all cells of a scenario once, then all again in the opposite
// order, so that a drift of the machine falls on all alike.
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
				jobs = append(jobs, job{result: res, scenario: s, point: points[k], cell: cells[k], index: rep, server: server})
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
		configureOwn(&c.Config, s, p)
	} else if p.API == "guide" {
		c.Config.API = p.API
		c.Notes = []string{proto.GuideNotes[proto.Pattern(p.Pattern)]}
	} else if row, ok := proto.ProtocolByName(p.Protocol); ok {
		c.Notes = row.Notes
	}
	return c
}

// checkFiles refuses a cell that needs more open files than this process may
// have. Go has raised the soft limit to the hard one at start.
func checkFiles(jobs []job, limit uint64) error {
	const spare = 64
	for _, j := range jobs {
		need := connectionsOf(j.point)
		if limit > 0 && uint64(need+spare) > limit {
			return fmt.Errorf("cell %s needs %d open files and this process may have %d: ask for fewer connections, or raise the limit (ulimit -Hn, LimitNOFILE)",
				j.cell.ID, need+spare, limit)
		}
	}
	return nil
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// runJob starts a server, or finds the target, and runs one repetition. Only a
// target that cannot be reached is an error, and an interruption before the server is found.
func runJob(ctx context.Context, opts Options, j job, st Status) (*result.Repetition, error) {
	st.Phase = "server"
	opts.watch(st)
	rep := &result.Repetition{Started: time.Now()}
	srv, err := target.Find(ctx, j.serverSpec())
	if err != nil {
		if j.scenario.Address != "" || ctx.Err() != nil {
			return nil, err
		}
		rep.Error = err.Error()
		return rep, nil
	}
	defer srv.Stop()
	// A server that dies ends the repetition with its reason.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go srv.CancelOnExit(ctx, cancel)
	r := &repetition{job: j, opts: opts, status: st, server: srv, rep: rep}
	r.run(ctx)
	return rep, nil
}
