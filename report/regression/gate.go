package regression

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// A Gate is the plan of a gate, fixed before the first pair is measured.
type Gate struct {
	Base, Head string // names of the two targets
	Metrics    []metric.Metric
	Rule       stats.Rule // its looks are those of Looks
	// Floor is the smallest change that counts. Noise may raise it.
	Floor float64
	// Noise is the calibrated noise of this machine. If it is unknown, it is estimated from the
	// pairs.
	Noise Noise
	// Crossover means that base and head swap their machines after each pair. Two pairs are then one
	// sample, in which the machines' speeds cancel, and the looks are after so many samples.
	Crossover bool
}

// perSample returns the number of pairs in a sample.
func (g Gate) perSample() int {
	if g.Crossover {
		return 2
	}
	return 1
}

// pairs returns the maximum number of pairs.
func (g Gate) pairs() int { return g.Rule.Looks[len(g.Rule.Looks)-1] * g.perSample() }

// DefaultFloor is the default of Gate.Floor: 5 %.
const DefaultFloor = 0.05

// Decide judges the pairs so far. Repetitions of base and head with the same index ran side by side
// and are a pair. Pairs with a discarded run are left out and counted.
func (g Gate) Decide(base, head *result.Result) Comparison {
	c := Comparison{Base: g.Base, Head: g.Head, Interleaved: true, Crossover: g.Crossover, Level: g.Rule.Level}
	ps := points(base, head, g.Metrics)
	logs, floors := make([][]float64, len(ps)), make([]float64, len(ps))
	unknown := 0
	for i, p := range ps {
		logs[i] = samples(logRatios(p.base, p.head, p.metric), g.perSample())
		noise, known := g.Noise.Of(p.base, p.metric)
		if !known {
			unknown++
			noise = noiseOfNeighbours(p.base, p.metric, g.perSample())
		}
		floors[i] = math.Max(g.Floor, 2*noise.Of(g.pairs()))
	}
	es := g.Rule.Decide(logs, floors)
	for i, p := range ps {
		value := onTime(p.metric, p.base.Config)
		c.Lines = append(c.Lines, p.line(p.base.Values(value), p.head.Values(value), floors[i], es[i]))
	}
	if n, of := late(ps); n > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("measurement limited: messages were sent late in %d of %s; times are compared without that lateness", n, result.Plural(of, "repetition")))
	}
	c.Outcome = stats.Overall(es)
	c.countPairs(base, head)
	c.leaveOut(base, head)
	if unknown > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("this machine's noise is unknown for %d of %s, so their floor is estimated from base's repetitions; run `rtbench calibrate` to measure it", unknown, result.Plural(len(ps), "metric")))
	}
	return c
}

// countPairs sets Pairs and LeftOut.
func (c *Comparison) countPairs(base, head *result.Result) {
	for _, b := range base.Cells {
		if h := head.Cell(b.ID); h != nil {
			ran := min(len(b.Repetitions), len(h.Repetitions))
			c.Pairs = max(c.Pairs, ran)
			c.LeftOut = max(c.LeftOut, ran-len(result.Pairs(b, h)))
		}
	}
}

// Enough reports whether every cell has at least n usable samples.
func (g Gate) Enough(base, head *result.Result, n int) bool {
	for _, b := range base.Cells {
		h := head.Cell(b.ID)
		if h == nil {
			return false
		}
		usable := map[int]float64{}
		for _, pair := range result.Pairs(b, h) {
			usable[pair[0].Index] = 0
		}
		if len(samples(usable, g.perSample())) < n {
			return false
		}
	}
	return len(base.Cells) > 0
}

// logRatios returns the log-ratios of the usable pairs by their index, positive if head is worse, and NaN
// if either side lacks the metric.
func logRatios(base, head *result.Cell, m metric.Metric) map[int]float64 {
	out := map[int]float64{}
	value := onTime(m, base.Config)
	for _, pair := range result.Pairs(base, head) {
		l := math.Log(value(pair[1]) / value(pair[0]))
		if math.IsInf(l, 0) { // a server's own metric that is 0 has no ratio
			l = math.NaN()
		}
		if m.Higher {
			l = -l
		}
		out[pair[0].Index] = l
	}
	return out
}

// samples returns the means of so many consecutive pairs each, in their order. Those that lack a pair are
// left out.
func samples(pairs map[int]float64, of int) (out []float64) {
	for _, i := range slices.Sorted(maps.Keys(pairs)) {
		sum, complete := 0.0, i%of == 0
		for k := range of {
			value, there := pairs[i+k]
			sum, complete = sum+value, complete && there
		}
		if complete {
			out = append(out, sum/float64(of))
		}
	}
	return out
}

// onTime returns a function for the values that a gate compares: for times, their lower bounds. The
// sides of a pair have the same generator, whose lateness would only hide the difference of the servers.
func onTime(m metric.Metric, c result.Config) func(*result.Repetition) float64 {
	bounds := m.Bounds(c)
	return func(r *result.Repetition) float64 {
		low, _ := bounds(r)
		return low
	}
}

// late counts the repetitions in pairs, and those in which the generator's lateness raised a judged
// time.
func late(ps []point) (n, of int) {
	seen := map[*result.Repetition]bool{}
	for _, p := range ps {
		bounds := p.metric.Bounds(p.base.Config)
		for _, pair := range result.Pairs(p.base, p.head) {
			for _, r := range pair {
				low, high := bounds(r)
				seen[r] = seen[r] || low < high
			}
		}
	}
	for _, isLate := range seen {
		if isLate {
			n++
		}
	}
	return n, len(seen)
}

// fewPairs is the number of pairs up to which a gate looks only once, at the end: earlier looks could
// hardly decide, and would take some of the error level.
const fewPairs = 15

// Looks returns the planned looks of a gate of at most the given number of pairs: after half of
// them, after three quarters, and at the end, or only at the end if they are few.
func Looks(pairs int) []int {
	if pairs <= fewPairs {
		return []int{pairs}
	}
	return []int{(pairs + 1) / 2, (3*pairs + 3) / 4, pairs}
}

// Check returns an error if the gate cannot judge these cells because there are too few pairs for
// the number of metrics, or the requested floor is below the noise of the machine.
func (g Gate) Check(cells []*result.Cell, floorAsked bool) error {
	all := &result.Result{Cells: cells}
	metrics := len(points(all, all, g.Metrics))
	if metrics == 0 && len(cells) > 0 && len(g.Metrics) > 0 {
		return fmt.Errorf("no cell has %s of --metrics; expected one of %s", strings.Join(namesOf(g.Metrics), ", "), strings.Join(namesIn(cells), ", "))
	}
	if least := g.Rule.LeastPairs(metrics); metrics > 0 && g.Rule.Looks[0] < least {
		of := g.perSample()
		return fmt.Errorf("the first look is after %s, but at least %d are needed to show a regression among %s; use --pairs %d or more, or fewer --metrics",
			result.Plural(of*g.Rule.Looks[0], "pair"), of*least, result.Plural(metrics, "metric"), of*g.leastSamples(metrics))
	}
	if !floorAsked {
		return nil
	}
	finest, cell, name := g.Noise.Finest(cells, g.Metrics, g.pairs())
	if finest > g.Floor {
		return fmt.Errorf("the finest floor that this machine supports is %.3f, twice the noise of %d pairs in %s of %s; raise --floor or --pairs, or leave the metric out of --metrics", finest, g.pairs(), name, cell)
	}
	if finest == 0 && g.Floor < DefaultFloor {
		return fmt.Errorf("this machine's noise is unknown for this load, so the floor must be at least %g; run `rtbench calibrate` with the same scenario first", DefaultFloor)
	}
	return nil
}

// leastSamples returns the smallest maximum number of samples with which the first look can show a
// regression among that many metrics.
func (g Gate) leastSamples(metrics int) int {
	for pairs := 1; ; pairs++ {
		rule := stats.Rule{Level: g.Rule.Level, Looks: Looks(pairs)}
		if rule.Looks[0] >= rule.LeastPairs(metrics) {
			return pairs
		}
	}
}

// A Watch evaluates the pairs as they arrive.
type Watch struct {
	gate Gate
	next int // index of the next look
}

// Start returns a Watch for one run of the gate.
func (g Gate) Start() *Watch { return &Watch{gate: g} }

// Done must be called after each pair. It evaluates the gate at the planned looks and reports
// whether the gate has ended: it has decided, this was the last look, or a side failed.
func (w *Watch) Done(base, head *result.Result) bool {
	if failed(base) != "" || failed(head) != "" {
		return true
	}
	looks := w.gate.Rule.Looks
	if !w.gate.Enough(base, head, looks[w.next]) {
		return false
	}
	w.next++
	return w.next == len(looks) || w.gate.Decide(base, head).Outcome != stats.Inconclusive
}

// failed returns the error of the first failed repetition, or an empty string.
func failed(r *result.Result) string {
	for c, rep := range r.Repetitions() {
		if rep.Error != "" {
			return c.ID + ": " + rep.Error
		}
	}
	return ""
}

// Withhold makes all outcomes inconclusive if a run failed or at least half of the pairs are
// not used. It returns the reason, or an empty string.
func (c *Comparison) Withhold(base, head *result.Result) string {
	c.Withheld = c.unusable(base, head)
	if c.Withheld == "" {
		return ""
	}
	c.Outcome = stats.Inconclusive
	for i := range c.Lines {
		c.Lines[i].Outcome = stats.Inconclusive
	}
	return c.Withheld
}

func (c *Comparison) unusable(base, head *result.Result) string {
	if why := failed(base); why != "" {
		return "base failed: " + why
	}
	if why := failed(head); why != "" {
		return "head failed: " + why
	}
	if 2*c.LeftOut >= c.Pairs {
		return fmt.Sprintf("%d of %s have a run that is not used, too many to judge", c.LeftOut, result.Plural(c.Pairs, "pair"))
	}
	return ""
}

// BaseValue returns base's value of a metric in the first cell that has it.
func (c Comparison) BaseValue(name string) (value float64, known bool) {
	for _, l := range c.Lines {
		if l.Metric == name && l.Base.Known() {
			return float64(l.Base), true
		}
	}
	return 0, false
}
