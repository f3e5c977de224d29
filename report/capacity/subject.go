package capacity

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"rtbench/report/metric"
	"rtbench/report/result"
)

// A Subject is one of the loads for which a result searches the capacity: that of a protocol, stack or
// target, along the axis of the search.
type Subject struct {
	Name   string  // protocol, and the values of other axes
	Points []Point // by rising load
	Answer Answer
	Steps  int

	overloads *result.Cell // nil for none
	on        result.Environment
}

// A Point is a cell of a subject.
type Point struct {
	metric.Cell
	At float64 // on the axis
	on result.Environment
}

// Count returns the number of steps of the point with that outcome.
func (p Point) Count(o Outcome) (n int) {
	for _, r := range p.Repetitions {
		if !r.Interrupted && OutcomeOf(r, p.on) == o {
			n++
		}
	}
	return n
}

// Time returns percentile p of the response times in nanoseconds, and whether it is only an upper bound; NaN if
// there are too few messages. They may depend on each other, as those in a queue do.
func (p Point) Time(percentile float64) (ns float64, atMost bool) {
	if low, high := p.Curve([]float64{percentile}); len(high) == 1 {
		return high[0], low[0] != high[0]
	}
	if p.Response.Count() < result.SamplesFor(percentile) {
		return math.NaN(), false
	}
	return float64(p.Response.Quantile(percentile)), !p.UsableInAll(percentile)
}

// Subjects returns the subjects of a search, in the order of their first steps, with the answers so far.
// It returns none for a result without a search.
func Subjects(r *result.Result) (list []*Subject) {
	if r.Search == nil {
		return nil
	}
	for _, c := range r.Cells {
		name := SubjectName(c.Config, r.Search.Axis)
		i := slices.IndexFunc(list, func(s *Subject) bool { return s.Name == name })
		if i < 0 {
			i, list = len(list), append(list, &Subject{Name: name, on: r.Environment})
		}
		if c.Config.Overload.For > 0 {
			list[i].overloads = c
			continue
		}
		list[i].Points = append(list[i].Points, Point{metric.Merge(c), Load(c.Config, r.Search.Axis), r.Environment})
	}
	for _, s := range list {
		slices.SortFunc(s.Points, func(a, b Point) int { return cmp.Compare(a.At, b.At) })
		steps := stepsOf(r, s.Name)
		s.Steps, s.Answer = len(steps), planOf(r.Search).Answer(steps)
	}
	return list
}

// Next returns the next step of the search for several subjects, given by their names, on each side: the
// indices of the side and of the subject, and the load. results has the result of each side; all have the
// same plan. The subjects of all sides take turns, in shuffled order. It returns false once the search has
// ended for all of them.
func Next(results []*result.Result, names []string) (side, subject int, at float64, more bool) {
	plan := planOf(results[0].Search)
	fewest, chosen := 0, 0
	for i := range len(results) * len(names) {
		steps := stepsOf(results[i/len(names)], names[i%len(names)])
		x, unfinished := plan.Next(steps)
		if !unfinished {
			continue
		}
		before := func() bool { // among subjects with equally many steps
			order := rand.New(rand.NewPCG(plan.Seed, uint64(len(steps)))).Perm(len(results) * len(names))
			return order[i] < order[chosen]
		}
		if !more || len(steps) < fewest || len(steps) == fewest && before() {
			chosen, at, more, fewest = i, x, true, len(steps)
		}
	}
	return chosen / len(names), chosen % len(names), at, more
}

func planOf(s *result.Search) Plan {
	return Plan{Start: s.Start, Least: s.Least, Most: s.Most, Whole: s.Whole, Precision: s.Precision, Steps: s.Steps, Seed: s.Seed}
}

// stepsOf returns the steps of a subject in the order in which they ran, without interrupted ones.
func stepsOf(r *result.Result, name string) (steps []Step) {
	type run struct {
		Step
		order int
	}
	var all []run
	for c, rep := range r.Repetitions() {
		if !rep.Interrupted && c.Config.Overload.For == 0 && SubjectName(c.Config, r.Search.Axis) == name {
			outcome := OutcomeOf(rep, r.Environment)
			all = append(all, run{Step{Load(c.Config, r.Search.Axis), outcome, sharesOf(rep, outcome, r.Search.Limits)}, rep.Order})
		}
	}
	slices.SortFunc(all, func(a, b run) int { return cmp.Compare(a.order, b.order) })
	for _, s := range all {
		steps = append(steps, s.Step)
	}
	return steps
}

// SubjectName returns the name of the subject of a cell: its protocol, its pattern unless it is echo, and
// the values of all axes but that of the search.
func SubjectName(c result.Config, axis string) string {
	name := c.Protocol
	if c.Pattern != "echo" {
		name += " " + c.Pattern
	}
	for part := range strings.SplitSeq(c.Axes, "/") {
		if part != "" && !strings.HasPrefix(part, key(axis)+"=") {
			name += " " + part
		}
	}
	return name
}

// Axes are the axes along which loads vary, by their keys.
var Axes = []string{"load.rate", "load.connections", "load.streams", "payload.size"}

// Varies reports whether the cell is one of several along an axis.
func Varies(c result.Config, axis string) bool {
	return strings.HasPrefix(c.Axes, key(axis)+"=") || strings.Contains(c.Axes, "/"+key(axis)+"=")
}

// key returns the last part of an axis, as in Config.Axes.
func key(axis string) string { return axis[strings.LastIndexByte(axis, '.')+1:] }

// Load returns the value of a cell on a numeric axis.
func Load(c result.Config, axis string) float64 {
	switch {
	case axis == "load.rate":
		return c.Rate
	case axis == "load.streams":
		return float64(c.Streams)
	case axis == "payload.size":
		return float64(c.Size)
	case c.Topology != "": // the streams are spread over fewer connections
		return float64(c.Connections * c.Streams)
	}
	return float64(c.Connections)
}
