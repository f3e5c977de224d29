package scenarios

import (
	"errors"

	"github.com/expr-lang/expr/ast"
)

// known returns whether the threshold holds, given the result for the values. If a value is an upper
// bound, the result stands only if the condition is an upper limit that the bound satisfies;
// otherwise known returns an error.
func (t Threshold) known(values reading, holds bool) (bool, error) {
	bound := func(t term) bool { return values[t].AtMost }
	for _, at := range t.terms {
		if why := values[at].Unusable; why != "" && (!holds || !upperLimit(t.program.Node(), bound)) {
			return false, errors.New("only an upper bound is known: " + why)
		}
	}
	return holds, nil
}

// upperLimit reports whether a true condition stays true for lower values of the terms in bound.
func upperLimit(n ast.Node, bound func(term) bool) bool {
	b, ok := n.(*ast.BinaryNode)
	if !ok {
		return growth(n, bound) == constant
	}
	switch b.Operator {
	case "&&", "and", "||", "or":
		return upperLimit(b.Left, bound) && upperLimit(b.Right, bound)
	case "<", "<=":
		return within(growth(b.Left, bound), rising) && within(growth(b.Right, bound), falling)
	case ">", ">=":
		return within(growth(b.Left, bound), falling) && within(growth(b.Right, bound), rising)
	}
	return growth(n, bound) == constant
}

// Change of an expression as a term grows.
const (
	falling  = -1
	constant = 0
	rising   = 1
	unknown  = 2
)

func within(growth, allowed int) bool { return growth == constant || growth == allowed }

// growth returns the change of n as the terms in bound grow. Metrics are never negative.
func growth(n ast.Node, bound func(term) bool) int {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return growthOf(term{metric: n.Value}, bound)
	case *ast.CallNode:
		if of, ok := n.Callee.(*ast.IdentifierNode); ok {
			p, _ := percentile(n)
			return growthOf(term{metric: of.Value, percentile: p}, bound)
		}
	case *ast.UnaryNode:
		if g := growth(n.Node, bound); n.Operator == "+" || g == constant {
			return g
		}
		return unknown
	case *ast.BinaryNode:
		return growthOfTwo(n, bound)
	}
	return constant // a number, or a metric of the baseline
}

func growthOf(t term, bound func(term) bool) int {
	if bound(t) {
		return rising
	}
	return constant
}

func growthOfTwo(n *ast.BinaryNode, bound func(term) bool) int {
	left, right := growth(n.Left, bound), growth(n.Right, bound)
	switch {
	case left == constant && right == constant:
		return constant
	case n.Operator == "+", n.Operator == "*" && (isLiteral(n.Left) || isLiteral(n.Right)):
		return sumOfTrends(left, right)
	case n.Operator == "-" && right != unknown:
		return sumOfTrends(left, -right)
	case n.Operator == "/" && isLiteral(n.Right):
		return left
	}
	return unknown
}

func sumOfTrends(a, b int) int {
	switch {
	case a == constant:
		return b
	case b == constant, a == b:
		return a
	}
	return unknown
}
