package cli

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rtbench/loadgen"
	"rtbench/report/capacity"
	"rtbench/report/live"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// searchFlags are the flags of a search for the capacity.
type searchFlags struct {
	objective, vary string
	step            time.Duration
	precision       float64
	steps           int
	seed            uint64
}

// searchNames are the names of the flags.
var searchNames = []string{"objective", "vary", "step", "precision", "steps", "seed"}

// register registers the flags. when is the condition under which they apply; empty: always.
func (f *searchFlags) register(c *cobra.Command, when string) {
	c.Flags().StringVar(&f.objective, "objective", "", when+"`CONDITION` to meet, as in thresholds: 'p(99) < 10ms && failed_rate < 0.1%' (default: the scenario's thresholds)")
	c.Flags().StringVar(&f.vary, "vary", "load.rate", when+"numeric `KEY` to vary: "+strings.Join(scenarios.NumericAxes(), ", "))
	c.Flags().DurationVar(&f.step, "step", time.Second, when+"`DURATION` of the steady phase of a step, after a quarter of it as warm-up; longer at low rates")
	c.Flags().Float64Var(&f.precision, "precision", 0.05, when+"end the search when the interval is within this `SHARE` of the capacity (0.05 is ±5 %)")
	c.Flags().IntVar(&f.steps, "steps", 40, when+"maximum `NUMBER` of steps per protocol")
	c.Flags().Uint64Var(&f.seed, "seed", 1, when+"`NUMBER` that determines the order of the steps")
	complete(c, "vary", completeWords(scenarios.NumericAxes()...))
}

func (f *searchFlags) check() error {
	switch {
	case !(f.precision > 0 && f.precision <= 0.5):
		return usageError("--precision %g: expected a share above 0 and at most 0.5, such as 0.05 for ±5 %%", f.precision)
	case f.steps < 1 || f.steps > 1000:
		return usageError("--steps %d: expected 1 to 1000", f.steps)
	case f.step < 100*time.Millisecond || f.step > time.Hour:
		return usageError("--step %v: expected 100ms to 1h", f.step)
	}
	return nil
}

// open reads the scenario, with the objective as its only threshold unless there is none, and the axis.
func (f *capacityFlags) open(name string) (*scenarios.Scenario, scenarios.NumericAxis, error) {
	if err := f.check(); err != nil {
		return nil, scenarios.NumericAxis{}, err
	}
	if f.out != "" && f.resume != "" {
		return nil, scenarios.NumericAxis{}, usageError("--out with --resume: expected one of them; --resume writes to its directory")
	}
	if len(f.protocols) > 0 {
		f.read.set = append(f.read.set, "protocols=["+strings.Join(f.protocols, ", ")+"]")
	}
	list, err := f.read.open([]string{name}, f.target, false)
	if err != nil {
		return nil, scenarios.NumericAxis{}, err
	}
	axis, err := f.prepare(list[0])
	return list[0], axis, err
}

// prepare makes the objective the only threshold of the scenario, unless there is none, and its phases those
// of a step. It returns the axis of the search.
func (f *searchFlags) prepare(s *scenarios.Scenario) (axis scenarios.NumericAxis, err error) {
	if f.objective != "" {
		t, err := scenarios.NewThreshold(f.objective)
		if err != nil {
			return axis, usageError("--objective %q: %w", f.objective, err)
		}
		s.Thresholds = []scenarios.Threshold{t}
	}
	switch i := slices.IndexFunc(s.Thresholds, scenarios.Threshold.NeedsBaseline); {
	case len(s.Thresholds) == 0:
		return axis, usageError("no objective; expected --objective with a condition such as 'p(99) < 10ms && failed_rate < 0.1%%', or thresholds in the scenario")
	case i >= 0:
		return axis, usageError("objective %q refers to a baseline; expected a condition without base", s.Thresholds[i].Condition)
	}
	if axis, err = s.Varies(f.vary); err != nil {
		return axis, usageError("--vary %w", err)
	}
	s.Warmup, s.Repetitions = f.step/4, 1
	if s.ShortenSteady(f.step); len(s.Stages) == 0 { // they determine the steady phase
		s.Steady = max(s.Steady, f.step)
	}
	return axis, nil
}

// plan returns the plan of the search, up to the highest load that this machine could carry; that of agents is
// unknown.
func (f *searchFlags) plan(s *scenarios.Scenario, axis scenarios.NumericAxis, fleet fleetFlags) (*result.Search, error) {
	p := &result.Search{
		Axis: axis.Path, Start: axis.Start, Least: axis.Least, Most: axis.Most, Whole: axis.Whole,
		Precision: f.precision, Steps: f.steps, Seed: f.seed, Agents: fleet.size(),
	}
	var conditions []string
	for _, t := range s.Thresholds {
		conditions = append(conditions, t.String())
		for _, l := range t.UpperLimits() {
			p.Limits = append(p.Limits, result.SearchLimit{
				Metric: l.Metric, Quantity: l.Quantity.Name, Value: l.Value, Unit: l.Quantity.Unit(), Percentile: l.Percentile, InWindows: t.Window > 0,
			})
		}
	}
	p.Objective = strings.Join(conditions, " && ")
	if !axis.Whole { // a server that takes less than a message per second is not measured in steps
		p.Least = min(1, p.Start)
	}
	if axis.Path == "load.connections" { // each agent has one at least
		p.Least = max(p.Least, float64(p.Agents))
	}
	if p.Agents > 0 && !fleet.local {
		return p, nil
	}
	p.Most, p.Bound = highest(s, axis, p.Start)
	if p.Start > p.Most {
		return nil, usageError("%s of %s is %g: %s", axis.Path, s.Name, p.Start, p.Bound)
	}
	return p, nil
}

// search runs the steps that the plan determines, on each side, and returns the result of each. It continues
// results if there are any.
func (v viewFlags) search(ctx context.Context, agents loadgen.Fleet, out *output, s *scenarios.Scenario, axis scenarios.NumericAxis, plan *result.Search, sides []loadgen.Side, results []*result.Result) ([]*result.Result, error) {
	watch, err := v.watch(live.Options{})
	if err != nil {
		return nil, err
	}
	defer watch.close()
	opts := loadgen.Options{Scenarios: []*scenarios.Scenario{s}, Fleet: agents, OnStatus: watch.ShowAtMost, OnRepetition: out.keep}
	var names []string
	for _, c := range loadgen.Cells([]*scenarios.Scenario{s.At(axis, plan.Start)}) {
		names = append(names, capacity.SubjectName(c.Config, plan.Axis))
	}
	most := plan.Steps
	if plan.Recover != nil {
		most += plan.Recover.Repetitions
	}
	return loadgen.Search(ctx, opts, sides, results, plan, len(sides)*len(names)*most, func(so []*result.Result) (loadgen.Trial, bool) {
		side, i, x, more := capacity.Next(so, names)
		if !more {
			return overload(so[0], s, axis, names)
		}
		t, found := trialOf(stepAt(s, axis, x), plan.Axis, names[i])
		t.Side = side
		return t, found
	})
}

// highest returns the highest load of an axis that this machine could carry, from one that it can, and
// why it could not carry more; empty if the axis has no higher value.
func highest(s *scenarios.Scenario, axis scenarios.NumericAxis, from float64) (most float64, bound string) {
	refused := func(x float64) string {
		at := s.At(axis, x)
		if problems, _ := loadgen.CheckLoad([]*scenarios.Scenario{at}, loadgen.Environment().Cores); len(problems) > 0 {
			return problems[0].Message
		}
		if errs := loadgen.CheckMachine(at, loadgen.Environment()); len(errs) > 0 {
			return errs[0].Error()
		}
		return ""
	}
	if refused(axis.Most) == "" {
		return axis.Most, ""
	}
	low, high := from, axis.Most
	for high > 1.01*low {
		middle := (low + high) / 2
		if axis.Whole {
			middle = float64(int(middle))
		}
		if middle <= low {
			break
		}
		if refused(middle) == "" {
			low = middle
		} else {
			high = middle
		}
	}
	return low, refused(high)
}

// stepAt returns the scenario of a step.
func stepAt(s *scenarios.Scenario, axis scenarios.NumericAxis, x float64) *scenarios.Scenario {
	at := s.At(axis, x)
	lengthen(at)
	return at
}

// lengthen makes the steady phase long enough for the percentiles of the objective at the scenario's rate.
func lengthen(s *scenarios.Scenario) {
	const longest = time.Minute
	for _, t := range s.Thresholds {
		p := t.HighestPercentile()
		if p <= 0 || p >= 100 || s.Rate <= 0 {
			continue
		}
		need := time.Duration(math.Ceil(15*float64(result.SamplesFor(p))/s.Rate)) * 100 * time.Millisecond
		s.Steady = max(s.Steady, min(need, longest))
	}
}
