package cli

import (
	"math"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"rtbench/loadgen"
	"rtbench/report/capacity"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

// recoverFlags are the flags of overloads after a search.
type recoverFlags struct {
	factor      float64
	length      time.Duration
	repetitions int
}

// recoverBelow is the load after an overload, as a multiple of the capacity.
const recoverBelow = 0.5

func (f *recoverFlags) register(c *cobra.Command) {
	c.Flags().Float64Var(&f.factor, "recover", 0, "then overload the server with `FACTOR` times its capacity, such as 1.5, and measure how it recovers at half of the capacity (default: no overload)")
	_ = c.Flags().SetAnnotation("recover", exampleOf, []string{"1.5"}) // the flag exists
	c.Flags().DurationVar(&f.length, "overload", 2*time.Second, "`DURATION` of the overload of --recover")
	c.Flags().IntVar(&f.repetitions, "recoveries", 6, "`NUMBER` of overloads of --recover per protocol, each on a fresh server; 6 or more give 95 % intervals")
}

// plan returns the plan of the overloads, or nil for none.
func (f *recoverFlags) plan(c *cobra.Command, s *scenarios.Scenario, axis scenarios.NumericAxis, fleet fleetFlags) (*result.SearchRecovery, error) {
	if !c.Flags().Changed("recover") {
		for _, name := range []string{"overload", "recoveries"} {
			if c.Flags().Changed(name) {
				return nil, usageError("--%s without --recover: expected both", name)
			}
		}
		return nil, nil
	}
	switch {
	case !(f.factor > 1 && f.factor <= 10):
		return nil, usageError("--recover %g: expected a multiple of the capacity above 1 and at most 10, such as 1.5", f.factor)
	case f.length < 200*time.Millisecond || f.length > 10*time.Minute:
		return nil, usageError("--overload %v: expected 200ms to 10m", f.length)
	case f.repetitions < 1 || f.repetitions > 100:
		return nil, usageError("--recoveries %d: expected 1 to 100", f.repetitions)
	case axis.Path != "load.rate":
		return nil, usageError("--recover with --vary %s: expected --vary load.rate, since a rate can rise and fall while connections stay open", axis.Path)
	case fleet.size() > 0:
		return nil, usageError("--recover with --agents: expected one of them, since backlogs of several generators are not added up")
	}
	for _, c := range s.Cells() {
		if c.Pattern != "echo" {
			return nil, usageError("--recover with pattern %s: expected echo, whose messages are answered one by one", c.Pattern)
		}
	}
	for _, t := range s.Thresholds {
		if problem := t.NotInParts(); problem != "" {
			return nil, usageError("--recover with objective `%s`: %s", t.Condition, problem)
		}
	}
	return &result.SearchRecovery{Factor: f.factor, Below: recoverBelow, For: f.length, Repetitions: f.repetitions}, nil
}

// mostOverloaded is the largest number of messages of an overload.
const mostOverloaded = 5e6

// overload returns the next repetition with an overload after a search of a scenario, whose subjects are given by
// their names; false if there is none.
func overload(r *result.Result, s *scenarios.Scenario, axis scenarios.NumericAxis, names []string) (loadgen.Trial, bool) {
	i, at, more := capacity.NextOverload(r, names)
	if !more {
		return loadgen.Trial{}, false
	}
	plan := r.Search.Recover
	low := plan.Below * at
	o := cell.Overload{Rate: plan.Factor * at, For: plan.For, Window: objectiveWindow(s, low)}
	o.For = min(o.For, time.Duration(mostOverloaded/o.Rate*float64(time.Second))) // a course takes memory for each message
	run := s.Overloaded(axis, low, o, recoveryTime(plan, o))
	run.Drain = max(run.Drain, o.For)
	return trialOf(run, r.Search.Axis, names[i])
}

// recoveryTime returns for how long a server is watched after an overload: twice the time that a queue takes to
// drain if the capacity were all that the server can do, and some windows of the objective.
func recoveryTime(plan *result.SearchRecovery, o cell.Overload) time.Duration {
	queue := (plan.Factor - 1) / (1 - plan.Below) * o.For.Seconds()
	return time.Duration(2*queue*float64(time.Second)).Round(time.Millisecond) + 4*o.Window
}

// objectiveWindow returns the length of the windows that have enough messages at a rate for the percentiles of the
// objective, with some to spare.
func objectiveWindow(s *scenarios.Scenario, rate float64) time.Duration {
	const shortest, longest, fewest = 100 * time.Millisecond, time.Minute, 20
	need := float64(fewest)
	for _, t := range s.Thresholds {
		if p := t.HighestPercentile(); p > 0 && p < 100 {
			need = max(need, 1.5*float64(result.SamplesFor(p)))
		}
	}
	return min(longest, max(shortest, time.Duration(math.Ceil(1000*need/rate))*time.Millisecond))
}

// trialOf returns the trial of the subject of a scenario with that name.
func trialOf(at *scenarios.Scenario, axis, name string) (loadgen.Trial, bool) {
	i := slices.IndexFunc(at.Cells(), func(c scenarios.Cell) bool { return capacity.SubjectName(c, axis) == name })
	return loadgen.Trial{Scenario: at, Cell: i}, i >= 0
}
