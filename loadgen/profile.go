package loadgen

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"rtbench/loadgen/target"
	"rtbench/report/profile"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// A profiler takes the profiles of a server in the steady phase of one repetition. A nil profiler does nothing.
type profiler struct {
	length time.Duration // of the CPU profile
	at     string        // as Side.Pprof
	taken  profile.Take
	taking sync.WaitGroup
	cancel context.CancelCauseFunc
}

// firstHeap is how long the heap profile before the CPU profile may take.
const firstHeap = time.Second

var errPhaseOver = errors.New("the steady phase ended before the profile")

// start begins to take the profiles. It does not wait for them.
func (p *profiler) start(ctx context.Context, s *scenarios.Scenario, srv *target.Server) {
	if p == nil {
		return
	}
	from, err := target.NewProfiler(s, srv, p.at)
	if err != nil {
		p.taken = profile.Failed(err)
		return
	}
	p.taken.Source = from.Source
	ctx, p.cancel = context.WithCancelCause(ctx)
	p.taking.Go(func() { p.take(ctx, from) })
}

func (p *profiler) take(ctx context.Context, from *target.Profiler) {
	t, first := &p.taken, time.Now()
	early, cancel := context.WithTimeoutCause(ctx, firstHeap, fmt.Errorf("it took more than %v", firstHeap))
	t.Before, t.HeapErr = from.Heap(early)
	t.HeapErr = causeOf(early, t.HeapErr)
	begin := time.Now()
	cancel()
	t.CPU, t.CPUErr = from.CPU(ctx, p.length)
	t.CPUErr = causeOf(ctx, t.CPUErr)
	if t.HeapErr == nil {
		second := time.Now()
		t.After, t.HeapErr = from.Heap(ctx)
		t.HeapErr = causeOf(ctx, t.HeapErr)
		t.Between = (second.Sub(first) + time.Since(begin)) / 2
	}
}

// causeOf returns why a context ended if that is why err happened.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}

// stop interrupts a profile that is not complete, and waits for its end.
func (p *profiler) stop() {
	if p == nil || p.cancel == nil {
		return
	}
	p.cancel(errPhaseOver)
	p.taking.Wait()
}

// notProfiled returns why the cells of a result are not worth profiles; empty if they are.
func notProfiled(res *result.Result) string {
	for _, rep := range res.Repetitions() {
		if rep.Aborted != "" {
			return "not taken, because a threshold ended the run early"
		}
	}
	switch {
	case res.Complete() != nil:
		return "not taken, because the run did not end by its plan"
	case res.Discarded():
		return "not taken, because a cell has no usable measurement"
	}
	return ""
}

// leaveUnprofiled notes why there are no profiles.
func leaveUnprofiled(cells [][]job, why string) {
	for _, j := range slices.Concat(cells...) {
		j.resultCell.Profile = profile.Join([]profile.Take{profile.Failed(errors.New(why))})
	}
}

// profileCells profiles the servers of cells, in rounds of repetitions that are not measured, and adds the profiles
// to the results. If there are several places for base and head, each round has the next. It stops when ctx ends.
func (o Options) profileCells(ctx context.Context, places ...[][]job) {
	o.OnRepetition, o.Baseline = nil, nil
	takes := map[*result.Cell][]profile.Take{}
	total := scenarios.ProfiledRuns * len(slices.Concat(places[0]...))
	done := 0
	for round := range scenarios.ProfiledRuns {
		for _, j := range ordered(places[round%len(places)], round) {
			done++
			if list := takes[j.resultCell]; len(list) > 0 && list[0].Useless() {
				continue // it would fail again
			}
			st := result.Status{
				Run: done, Of: total, Cell: j.resultCell.ID, Protocol: j.cell.Protocol, Pattern: j.cell.Pattern, Times: j.cell.Times,
				Repetition: round + 1, Side: j.side.name, Phase: "profile",
			}
			o.notify(st)
			takes[j.resultCell] = append(takes[j.resultCell], o.profile(ctx, j, st))
			st.Done = true
			o.notify(st)
		}
	}
	for c, list := range takes {
		c.Profile = profile.Join(list)
	}
}

// profile runs a repetition of a job that is not measured, and returns the profiles of its server.
func (o Options) profile(ctx context.Context, j job, st result.Status) profile.Take {
	o.OnStatus = nil
	steady, length, why := j.whole.ProfiledPhases(j.cell)
	if why != "" {
		return profile.Failed(errors.New(why))
	}
	j.others = slices.Clone(j.others)
	for _, p := range j.parts() {
		s := *p.scenario
		s.Thresholds = nil
		p.scenario, p.cell.Steady = &s, steady
	}
	p := &profiler{length: length, at: j.side.Pprof}
	j.profiler = p
	reps, err := runJob(ctx, o, j, st)
	switch {
	case ctx.Err() != nil:
		return profile.Failed(errors.New("the profile was interrupted"))
	case err != nil:
		return profile.Failed(fmt.Errorf("the repetition with profiles failed: %w", err))
	case reps[0].Error != "":
		return profile.Failed(fmt.Errorf("the repetition with profiles failed: %s", reps[0].Error))
	case !p.taken.Began():
		return profile.Failed(errors.New("the repetition with profiles had no steady phase"))
	}
	p.taken.Messages, p.taken.Steady = reps[0].ServerMessages(), reps[0].Phases.Steady
	if used := reps[0].Server; used.Known {
		p.taken.Used = used.CPU - used.Spin
	}
	return p.taken
}

// Profile profiles the servers of base and head in the chosen cells, by turns, in repetitions that are not measured, and
// adds the profiles to the results.
func Profile(ctx context.Context, opts Options, places []Place, base, head *result.Result, chosen func(*result.Cell) bool) error {
	all := make([][][]job, len(places))
	for i, p := range places {
		p.Base, p.Head = p.Base.named("base"), p.Head.named("head")
		cells, err := addSides([]*result.Result{base, head}, opts.Scenarios, p, true)
		if err != nil {
			return err
		}
		all[i] = slices.DeleteFunc(cells, func(sides []job) bool { return !chosen(sides[0].resultCell) })
		if err := opts.prepare(ctx, all[i], base.Environment); err != nil {
			return err
		}
	}
	opts.profileCells(ctx, all...)
	return nil
}
