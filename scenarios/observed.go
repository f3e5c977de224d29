package scenarios

import (
	"math"
	"reflect"
	"slices"
	"strconv"

	"github.com/expr-lang/expr/ast"
)

// A term is a metric in a condition.
type term struct {
	metric     string
	percentile float64 // of p, service and lag
	base       bool    // of the baseline
}

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

// in returns the metrics that have the term: the run's or the baseline's; nil without a baseline.
func (t term) in(f *Metrics) *Metrics {
	if t.base {
		return f.Base
	}
	return f
}

// value returns the value of the term in f, NaN if there is none.
func (t term) value(f *Metrics) float64 {
	of := t.in(f)
	if of == nil {
		return math.NaN()
	}
	v := reflect.ValueOf(*of)
	for i, field := range reflect.VisibleFields(v.Type()) {
		if field.Tag.Get("expr") != t.metric {
			continue
		}
		switch value := v.Field(i).Interface().(type) {
		case float64:
			return value
		case func(float64) float64:
			if value != nil {
				return value(t.percentile)
			}
		}
	}
	return math.NaN()
}

// unmeasured returns the reason why the term was not measured, empty if it was.
func (t term) unmeasured(f *Metrics) string {
	of := t.in(f)
	if of == nil {
		return "no baseline"
	}
	if of.Unmeasured != nil {
		if why := of.Unmeasured(t.metric, t.percentile); why != "" {
			return why
		}
	}
	if math.IsNaN(t.value(f)) {
		return "no data"
	}
	return ""
}

// Observed is the value of a metric in a condition.
type Observed struct {
	Metric    string // as written, such as p(99)
	Value     float64
	Dimension string // time (nanoseconds), rate (messages/s), bytes, count or ratio
	AtMost    bool   // Value is an upper bound
}

// Observed returns the values of the metrics in the condition, in order of appearance, each once,
// without those not measured or not usable.
func (t Threshold) Observed(f Metrics) []Observed {
	var out []Observed
	if t.needs == nil {
		return nil
	}
	for _, term := range t.needs.terms {
		o := Observed{Metric: term.String(), Value: term.value(&f), Dimension: dimensionName(term.metric)}
		why, atMost := term.unusable(&f)
		if o.AtMost = atMost; why != "" && !atMost {
			continue
		}
		if term.unmeasured(&f) == "" && !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return out
}

// Worse returns the direction in which the first metric gets worse: 1 for higher, -1 for lower, 0
// if unknown (==).
func (t Threshold) Worse() int {
	if t.needs == nil {
		return 0
	}
	return t.needs.worse
}

// CountsOnly reports whether the condition uses only counts of the run, which are valid even if
// times are not.
func (t Threshold) CountsOnly() bool {
	if t.needs == nil || len(t.needs.terms) == 0 {
		return false
	}
	for _, term := range t.needs.terms {
		if d := dimensionName(term.metric); term.base || d != "count" && d != "ratio" {
			return false
		}
	}
	return true
}

func dimensionName(metric string) string {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Metrics]()) {
		if f.Tag.Get("expr") == metric {
			return f.Tag.Get("dim")
		}
	}
	return ""
}

// worse implements Threshold.Worse for the root of a condition.
func worse(root ast.Node) int {
	n, ok := root.(*ast.BinaryNode)
	if !ok {
		return 0
	}
	sign := map[string]int{"<": 1, "<=": 1, ">": -1, ">=": -1}[n.Operator]
	if isNumber(n.Left) { // as in 5ms > p(99)
		return -sign
	}
	return sign
}

func isNumber(n ast.Node) bool {
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return true
	}
	return false
}
