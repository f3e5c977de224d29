package scenarios

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/types"

	"rtbench/proto/quantity"
)

// base is the prefix of baseline metrics, as in base.p(99).
const base = "base"

// server is the name before those of the server's own metrics, as in server.queue_max.
const server = "server"

// environment declares the metrics for the compiler of conditions: numbers, and functions of a
// percentile.
var environment = func() types.Map {
	run, baseline := types.Map{}, types.Map{}
	for _, q := range quantity.All {
		run[q.Name] = types.Float64
		if q.Distribution {
			run[q.Name] = types.TypeOf(func(float64) float64 { return 0 })
		}
		baseline[q.Name] = run[q.Name]
	}
	run[base], run[server] = baseline, types.Map{types.Extra: types.Float64}
	baseline[server] = run[server]
	for _, u := range units {
		run[constantOf(u.text)] = types.Float64
	}
	return run
}()

// namesOf returns the names of the metrics that satisfy keep.
func namesOf(keep func(quantity.Quantity) bool) []string {
	var names []string
	for _, q := range quantity.All {
		if keep(q) {
			names = append(names, q.Name)
		}
	}
	return names
}

// A term is a metric in a condition.
type term struct {
	metric     string
	percentile float64 // of a distribution
	base       bool    // of the baseline
}

// ofServer reports whether it is one of the server's own metrics.
func (t term) ofServer() bool { return strings.HasPrefix(t.metric, ServerPrefix) }

// String returns the term as written in a condition.
func (t term) String() string {
	s := t.metric
	if t.base {
		s = base + "." + s
	}
	if t.percentile > 0 {
		s += "(" + strconv.FormatFloat(t.percentile, 'f', -1, 64) + ")"
	}
	return s
}

func (t term) quantity() quantity.Quantity {
	if t.ofServer() {
		return quantity.Quantity{Name: t.metric}
	}
	q, _ := quantity.Named(t.metric)
	return q
}

// A reading holds the values of the terms of a condition.
type reading map[term]quantity.Value

// readingOf looks up the terms in a run and its baseline, which may be nil.
func readingOf(terms []term, run, baseline quantity.Source) reading {
	values := reading{}
	for _, t := range terms {
		from := run
		if t.base {
			from = baseline
		}
		v := quantity.Value{Number: math.NaN(), Missing: "no baseline"}
		if from != nil {
			v = from(t.quantity(), t.percentile)
		}
		if v.Missing == "" && math.IsNaN(v.Number) {
			v.Missing = "no data"
		}
		v.AtMost = v.AtMost && !t.base
		values[t] = v
	}
	return values
}

// evaluate runs a compiled condition on the values.
func (v reading) evaluate(t Threshold) (bool, error) {
	run, baseline := map[string]any{server: map[string]any{}}, map[string]any{server: map[string]any{}}
	run[base] = baseline
	for _, u := range units {
		run[constantOf(u.text)] = u.value
	}
	for at, value := range v {
		into := run
		if at.base {
			into = baseline
		}
		if name, found := strings.CutPrefix(at.metric, ServerPrefix); found {
			into[server].(map[string]any)[name] = value.Number
			continue
		}
		into[at.metric] = value.Number
		if at.percentile > 0 {
			into[at.metric] = func(p float64) float64 { return v[term{at.metric, p, at.base}].Number }
		}
	}
	out, err := expr.Run(t.program, run)
	holds, _ := out.(bool)
	return holds, err
}

// Observed is the value of a metric in a condition.
type Observed struct {
	Metric   string // as written, such as p(99)
	Quantity quantity.Quantity
	Value    float64
	AtMost   bool    // Value is an upper bound
	Low      float64 // then the lower one, or NaN
}

// observed returns the values, in order of appearance, each once, without those not measured or
// not usable.
func (v reading) observed(terms []term) []Observed {
	var out []Observed
	for _, t := range terms {
		value := v[t]
		o := Observed{t.String(), t.quantity(), value.Number, value.AtMost, math.NaN()}
		if value.AtMost {
			o.Low = value.Low
		}
		same := func(p Observed) bool { return p.Metric == o.Metric }
		if (value.Unusable == "" || value.AtMost) && value.Missing == "" && !slices.ContainsFunc(out, same) {
			out = append(out, o)
		}
	}
	return out
}

// CountsOnly reports whether the condition uses only counts of the run, which are valid even if
// times are not.
func (t Threshold) CountsOnly() bool {
	timed := func(t term) bool {
		d := t.quantity().Dimension
		return t.base || d != quantity.Count && d != quantity.Ratio
	}
	return len(t.terms) > 0 && !slices.ContainsFunc(t.terms, timed)
}

// worse returns the Worse of the root of a condition.
func worse(root ast.Node) int {
	n, ok := root.(*ast.BinaryNode)
	if !ok {
		return 0
	}
	sign := map[string]int{"<": 1, "<=": 1, ">": -1, ">=": -1}[n.Operator]
	if isLiteral(n.Left) { // as in 5ms > p(99)
		return -sign
	}
	return sign
}
