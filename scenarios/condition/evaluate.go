package condition

import (
	"math"

	"rtbench/proto/quantity"
)

// A reading holds the values of the terms of a condition.
type reading map[Term]quantity.Value

// read looks up the terms in a run and its baseline.
func read(terms []Term, run, baseline quantity.Source) reading {
	values := reading{}
	for _, t := range terms {
		from := run
		if t.Base {
			from = baseline
		}
		v := quantity.Value{Number: math.NaN(), Missing: "no baseline"}
		if from != nil {
			v = from(t.Quantity, t.Percentile)
		}
		if v.Missing == "" && math.IsNaN(v.Number) {
			v.Missing = "no data"
		}
		v.AtMost = v.AtMost && !t.Base
		values[t] = v
	}
	return values
}

// holds returns the truth of a condition.
func (n *node) holds(values reading) bool {
	switch n.op {
	case truth:
		return n.value != 0
	case "!":
		return !n.right.holds(values)
	case "&&":
		return n.left.holds(values) && n.right.holds(values)
	case "||":
		return n.left.holds(values) || n.right.holds(values)
	}
	if d, _ := n.left.dimension(); d.truth {
		return (n.left.holds(values) == n.right.holds(values)) == (n.op == "==")
	}
	a, b := n.left.number(values), n.right.number(values)
	switch n.op {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	case ">=":
		return a >= b
	case "==":
		return a == b
	}
	return a != b
}

// number returns the value of an arithmetic expression.
func (n *node) number(values reading) float64 {
	switch n.op {
	case number:
		return n.value
	case metric:
		return values[n.term].Number
	}
	b := n.right.number(values)
	if n.left == nil {
		if n.op == "-" {
			return -b
		}
		return b
	}
	a := n.left.number(values)
	switch n.op {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		return a / b
	case "%":
		return math.Mod(a, b)
	}
	return math.Pow(a, b)
}

// upperLimit reports whether a true condition stays true for lower values of the terms of which only
// an upper bound is known.
func (n *node) upperLimit(values reading) bool {
	switch n.op {
	case "&&", "||":
		return n.left.upperLimit(values) && n.right.upperLimit(values)
	case "<", "<=":
		return within(n.left.growth(values), rising) && within(n.right.growth(values), falling)
	case ">", ">=":
		return within(n.left.growth(values), falling) && within(n.right.growth(values), rising)
	}
	return n.growth(values) == constant
}

// Change of an expression as the upper bounds grow.
const (
	falling  = -1
	constant = 0
	rising   = 1
	unknown  = 2
)

func within(growth, allowed int) bool { return growth == constant || growth == allowed }

// growth returns the change of n as the upper bounds grow. Metrics are never negative.
func (n *node) growth(values reading) int {
	switch {
	case n.op == metric && values[n.term].AtMost:
		return rising
	case n.right == nil:
		return constant
	}
	left, right := constant, n.right.growth(values)
	if n.left != nil {
		left = n.left.growth(values)
	}
	switch {
	case left == constant && right == constant:
		return constant
	case n.left == nil && n.op == "+":
		return right
	case n.left == nil:
		return unknown
	case n.op == "+", n.op == "*" && (n.left.op == number || n.right.op == number):
		return sum(left, right)
	case n.op == "-" && right != unknown:
		return sum(left, -right)
	case n.op == "/" && n.right.op == number:
		return left
	}
	return unknown
}

func sum(a, b int) int {
	switch {
	case a == constant:
		return b
	case b == constant, a == b:
		return a
	}
	return unknown
}
