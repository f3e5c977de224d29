package scenarios

import (
	"errors"

	"github.com/expr-lang/expr/ast"

	"rtbench/proto/quantity"
)

// NewThreshold parses a condition for the whole steady phase.
func NewThreshold(condition string) (Threshold, error) {
	c, err := compile(condition)
	if err != nil {
		return Threshold{}, errors.New(explain(condition, err))
	}
	return Threshold{compiled: c}, nil
}

// A Limit is a bound of a metric.
type Limit struct {
	Metric     string // as written, such as p(99)
	Quantity   quantity.Quantity
	Percentile float64 // of a distribution
	Value      float64
}

// UpperLimits returns the upper bounds that the condition sets: those of metrics that are compared with
// numbers in conditions that must all hold.
func (t Threshold) UpperLimits() []Limit {
	if t.program == nil {
		return nil
	}
	return upperLimits(t.program.Node())
}

func upperLimits(n ast.Node) []Limit {
	b, ok := n.(*ast.BinaryNode)
	if !ok {
		return nil
	}
	at, limit := b.Left, b.Right
	switch b.Operator {
	case "&&", "and":
		return append(upperLimits(b.Left), upperLimits(b.Right)...)
	case ">", ">=":
		at, limit = limit, at
	case "<", "<=":
	default:
		return nil
	}
	var of term
	if call, ok := at.(*ast.CallNode); ok {
		of.percentile, _ = percentile(call)
		at = call.Callee
	}
	name, isMetric := at.(*ast.IdentifierNode)
	value, known := valueOf(limit)
	if !isMetric || !known {
		return nil
	}
	of.metric = name.Value
	return []Limit{{of.String(), of.quantity(), of.percentile, value}}
}

// valueOf returns the value of a number, possibly with a unit.
func valueOf(n ast.Node) (v float64, ok bool) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return float64(n.Value), true
	case *ast.FloatNode:
		return n.Value, true
	case *ast.BinaryNode:
		if u, is := unitOf(n.Right); is {
			v, ok = valueOf(n.Left)
			return v * u.value, ok
		}
	}
	return 0, false
}
