package scenarios

import (
	"errors"
	"math"

	"github.com/expr-lang/expr/ast"
)

// known returns whether the threshold holds, given the result for the values. If a value is an upper
// bound, the result stands only if the condition is an upper limit that the bound satisfies, or that
// not even the lower bounds satisfy; otherwise known returns an error.
func (t Threshold) known(values reading, holds bool) (bool, error) {
	bound := func(t term) bool { return values[t].AtMost }
	for _, at := range t.terms {
		why := values[at].Unusable
		if why == "" {
			continue
		}
		limit := upperLimit(t.program.Node(), bound)
		if limit && (holds || t.failsBelow(values)) {
			return holds, nil
		}
		if limit && !math.IsNaN(values[at].Low) {
			return false, errors.New("the bounds lie on both sides of the limit: " + why)
		}
		return false, errors.New("only an upper bound is known: " + why)
	}
	return holds, nil
}

// failsBelow reports whether the condition is false for the lower bounds, too.
func (t Threshold) failsBelow(values reading) bool {
	low := reading{}
	for at, v := range values {
		if v.AtMost {
			v.Number = v.Low
		}
		if math.IsNaN(v.Number) {
			return false
		}
		low[at] = v
	}
	holds, err := low.evaluate(t)
	return err == nil && !holds
}

// upperLimit reports whether a true condition stays true for lower values of the terms in bound.
func upperLimit(n ast.Node, bound func(term) bool) bool {
	if b, ok := n.(*ast.BinaryNode); ok {
		switch b.Operator {
		case "&&", "and", "||", "or":
			return upperLimit(b.Left, bound) && upperLimit(b.Right, bound)
		case "<", "<=":
			return moves(b.Left, rising, bound) && moves(b.Right, falling, bound)
		case ">", ">=":
			return moves(b.Left, falling, bound) && moves(b.Right, rising, bound)
		}
	}
	return isConstant(n, bound)
}

// A trend is the direction in which an expression may change.
type trend int

const (
	falling trend = -1
	rising  trend = 1
)

// moves reports whether n changes only in direction to, or not at all, as the terms in bound grow.
// Metrics are never negative.
func moves(n ast.Node, to trend, bound func(term) bool) bool {
	switch n := n.(type) {
	case *ast.IdentifierNode, *ast.CallNode:
		return to == rising || isConstant(n, bound)
	case *ast.UnaryNode:
		return n.Operator == "+" && moves(n.Node, to, bound) || isConstant(n, bound)
	case *ast.BinaryNode:
		switch {
		case n.Operator == "+", n.Operator == "*" && (isLiteral(n.Left) || isLiteral(n.Right)), n.Operator == "/" && isLiteral(n.Right):
			return moves(n.Left, to, bound) && moves(n.Right, to, bound)
		case n.Operator == "-":
			return moves(n.Left, to, bound) && moves(n.Right, -to, bound)
		}
	}
	return isConstant(n, bound)
}

// isConstant reports whether n does not depend on the terms in bound.
func isConstant(n ast.Node, bound func(term) bool) bool {
	return ast.Find(n, func(n ast.Node) bool {
		t := term{}
		if call, ok := n.(*ast.CallNode); ok {
			t.percentile, _ = percentile(call)
			n = call.Callee
		}
		name, ok := n.(*ast.IdentifierNode)
		if ok {
			t.metric = name.Value
		}
		return ok && bound(t)
	}) == nil
}
