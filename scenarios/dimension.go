package scenarios

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/expr-lang/expr/ast"

	"rtbench/proto/quantity"
)

// A dimension is a product of powers of time and bytes. Counts, ratios and booleans
// have the zero value.
type dimension struct {
	time, bytes int
	plain       bool // computed from numbers without units
	zero        bool // the number 0, or a value of unknown dimension, which fits every dimension
}

var dimensions = map[quantity.Dimension]dimension{
	quantity.Time: {time: 1}, quantity.Rate: {time: -1}, quantity.Bytes: {bytes: 1},
	quantity.Count: {}, quantity.Ratio: {},
}

// serverDimensions returns the dimensions of the server's own metrics. They depend on the scenario.
type serverDimensions func(name string) dimension

// anyServerMetric are those for a condition without a scenario.
var anyServerMetric serverDimensions = func(string) dimension { return dimension{zero: true} }

// ofTerm returns the dimension of a metric.
func (d serverDimensions) ofTerm(t term) dimension {
	if t.ofServer() {
		return d(t.metric)
	}
	return dimensions[t.quantity().Dimension]
}

func (d dimension) same(o dimension) bool { return d.time == o.time && d.bytes == o.bytes }

// fits reports whether d can be compared with or added to o. A number without a unit fits rates
// and bytes, which have one obvious unit, but not times.
func (d dimension) fits(o dimension) bool {
	return d.same(o) || d.zero || d.plain && (o.same(dimensions[quantity.Rate]) || o.same(dimensions[quantity.Bytes]))
}

func (d dimension) String() string {
	for _, named := range []struct {
		is   quantity.Dimension
		text string
	}{{quantity.Time, "a time"}, {quantity.Rate, "a rate"}, {quantity.Bytes, "bytes"}} {
		if d.same(dimensions[named.is]) {
			return named.text
		}
	}
	if d.same(dimension{}) {
		return "a number"
	}
	return "a mix of units"
}

// of returns the dimension of a node that inspector has accepted. The error names the first two operands that do
// not fit.
func (d serverDimensions) of(node ast.Node) (dimension, error) {
	switch n := node.(type) {
	case *ast.IntegerNode:
		return dimension{plain: true, zero: n.Value == 0}, nil
	case *ast.FloatNode:
		return dimension{plain: true, zero: n.Value == 0}, nil
	case *ast.IdentifierNode:
		if u, ok := unitOf(n); ok {
			return dimensions[u.dimension], nil
		}
		return d.ofTerm(term{metric: n.Value}), nil
	case *ast.MemberNode:
		if t, ok := memberTerm(n); ok {
			return d.ofTerm(t), nil
		}
	case *ast.CallNode:
		return d.of(n.Callee)
	case *ast.UnaryNode:
		return d.of(n.Node)
	case *ast.BinaryNode:
		return d.ofTwo(n)
	}
	return dimension{}, nil
}

func (d serverDimensions) ofTwo(n *ast.BinaryNode) (dimension, error) {
	left, err := d.of(n.Left)
	if err != nil {
		return dimension{}, err
	}
	right, err := d.of(n.Right)
	if err != nil {
		return dimension{}, err
	}
	plain, zero := left.plain && right.plain, left.zero || right.zero
	switch n.Operator {
	case "*":
		return dimension{left.time + right.time, left.bytes + right.bytes, plain, zero}, nil
	case "/":
		return dimension{left.time - right.time, left.bytes - right.bytes, plain, left.zero}, nil
	case "**", "^":
		return power(n, left, right)
	case "&&", "||", "and", "or":
		return dimension{}, nil
	case "+", "-", "%":
		if err := meet(n, left, right); err != nil {
			return dimension{}, err
		}
		if left.plain {
			left.time, left.bytes = right.time, right.bytes
		}
		left.plain, left.zero = plain, left.zero && right.zero
		return left, nil
	}
	return dimension{}, meet(n, left, right) // a comparison
}

// power accepts only an integer exponent for a value with a dimension.
func power(n *ast.BinaryNode, left, right dimension) (dimension, error) {
	exponent := 0
	switch whole, ok := n.Right.(*ast.IntegerNode); {
	case !right.same(dimension{}), !left.same(dimension{}) && (!ok || whole.Value < 0 || whole.Value > 10):
		return dimension{}, fmt.Errorf("%s is %v; expected an integer exponent for a value with a unit", written(n.Right), right)
	case ok:
		exponent = whole.Value
	}
	return dimension{left.time * exponent, left.bytes * exponent, left.plain && right.plain, false}, nil
}

// meet returns an error if the operands do not fit.
func meet(n *ast.BinaryNode, left, right dimension) error {
	if left.fits(right) || right.fits(left) {
		return nil
	}
	isTime := dimensions[quantity.Time]
	switch {
	case left.same(isTime) && right.plain:
		return needsUnit(n.Right)
	case right.same(isTime) && left.plain:
		return needsUnit(n.Left)
	}
	return fmt.Errorf("%s is %v and %s is %v; expected the same on both sides of %s", written(n.Left), left, written(n.Right), right, n.Operator)
}

// needsUnit returns the error for a number without a unit next to a time.
func needsUnit(n ast.Node) error {
	if u, ok := n.(*ast.UnaryNode); ok {
		n = u.Node
	}
	var v float64
	switch n := n.(type) {
	case *ast.IntegerNode:
		v = float64(n.Value)
	case *ast.FloatNode:
		v = n.Value
	default:
		return fmt.Errorf("a time needs a unit; expected ns, us, ms, s or m after each number of %s", n)
	}
	meant := strconv.FormatFloat(v, 'f', -1, 64) + "ms"
	if v >= 1e5 && v < math.MaxInt64/2 { // probably nanoseconds
		meant = time.Duration(v).String()
	}
	return fmt.Errorf("a time needs a unit; did you mean %s?", meant)
}

// written returns a node as written.
func written(n ast.Node) string {
	b, ok := n.(*ast.BinaryNode)
	if !ok {
		return n.String()
	}
	if u, ok := unitOf(b.Right); ok {
		return b.Left.String() + u.text
	}
	return "one side"
}
