package condition

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"rtbench/proto/quantity"
)

// A dimension is a product of powers of time and bytes. Counts and ratios have the zero value.
type dimension struct {
	time, bytes int
	truth       bool // a comparison
	plain       bool // computed from numbers without units
	zero        bool // the number 0, which has every dimension
}

var dimensions = map[quantity.Dimension]dimension{quantity.Time: {time: 1}, quantity.Rate: {time: -1}, quantity.Bytes: {bytes: 1}}

func (d dimension) same(o dimension) bool {
	return d.time == o.time && d.bytes == o.bytes && d.truth == o.truth
}

// fits reports whether d can be compared with or added to o. A number without a unit fits rates
// and bytes, which have one obvious unit, but not times.
func (d dimension) fits(o dimension) bool {
	return d.same(o) || d.zero && !o.truth || d.plain && (o.same(dimensions[quantity.Rate]) || o.same(dimensions[quantity.Bytes]))
}

// String returns the dimension as the end of a sentence.
func (d dimension) String() string {
	switch {
	case d.truth:
		return "a comparison"
	case d.same(dimensions[quantity.Time]):
		return "a time"
	case d.same(dimensions[quantity.Rate]):
		return "a rate"
	case d.same(dimensions[quantity.Bytes]):
		return "bytes"
	case d.same(dimension{}):
		return "a number"
	}
	return "a mix of units"
}

// dimension returns the dimension of a node. The error names the first two operands that do not
// fit.
func (n *node) dimension() (dimension, error) {
	switch n.op {
	case truth:
		return dimension{truth: true}, nil
	case number:
		d := dimensions[n.unit]
		d.plain, d.zero = n.unit == "", n.value == 0
		return d, nil
	case metric:
		return dimensions[n.term.Dimension], nil
	}
	right, err := n.right.dimension()
	if err != nil {
		return right, err
	}
	if n.left == nil {
		return right, n.right.check(right, n.op == "!")
	}
	left, err := n.left.dimension()
	if err != nil {
		return left, err
	}
	logical, equality := n.op == "&&" || n.op == "||", n.op == "==" || n.op == "!="
	if err := n.left.check(left, logical || equality && left.truth); err != nil {
		return left, err
	}
	if err := n.right.check(right, logical || equality && left.truth); err != nil {
		return right, err
	}
	return n.combine(left, right)
}

// check returns an error unless the node is a comparison, or is a number, as it must be.
func (n *node) check(d dimension, comparison bool) error {
	switch {
	case d.truth == comparison:
		return nil
	case comparison:
		return fmt.Errorf("%s is %v; expected a comparison", n.written(), d)
	}
	return fmt.Errorf("%s is %v; expected a number", n.written(), d)
}

// combine returns the dimension of an operation.
func (n *node) combine(left, right dimension) (dimension, error) {
	plain, zero := left.plain && right.plain, left.zero || right.zero
	switch n.op {
	case "*":
		return dimension{time: left.time + right.time, bytes: left.bytes + right.bytes, plain: plain, zero: zero}, nil
	case "/":
		return dimension{time: left.time - right.time, bytes: left.bytes - right.bytes, plain: plain, zero: left.zero}, nil
	case "^":
		return n.power(left, right)
	case "&&", "||":
		return left, nil
	}
	if err := n.meet(left, right); err != nil {
		return left, err
	}
	if n.op != "+" && n.op != "-" && n.op != "%" {
		return dimension{truth: true}, nil
	}
	if left.plain {
		left.time, left.bytes = right.time, right.bytes
	}
	left.plain, left.zero = plain, left.zero && right.zero
	return left, nil
}

// power accepts only an integer exponent for a value with a dimension.
func (n *node) power(left, right dimension) (dimension, error) {
	exponent, whole := 0, n.right.op == number && n.right.whole
	if whole = whole && n.right.value <= 10; whole {
		exponent = int(n.right.value)
	}
	if !right.same(dimension{}) || !left.same(dimension{}) && !whole {
		return left, fmt.Errorf("%s is %v; expected an integer exponent for a value with a unit", n.right.text, right)
	}
	return dimension{time: left.time * exponent, bytes: left.bytes * exponent, plain: left.plain && right.plain}, nil
}

// meet returns an error if the operands do not fit.
func (n *node) meet(left, right dimension) error {
	isTime := dimensions[quantity.Time]
	switch {
	case left.fits(right) || right.fits(left):
		return nil
	case left.same(isTime) && right.plain:
		return n.right.needsUnit()
	case right.same(isTime) && left.plain:
		return n.left.needsUnit()
	}
	return fmt.Errorf("%s is %v and %s is %v; expected the same on both sides of %s", n.left.written(), left, n.right.written(), right, n.op)
}

// needsUnit returns the error for a number without a unit next to a time.
func (n *node) needsUnit() error {
	if n.left == nil && n.right != nil {
		n = n.right
	}
	if n.op != number {
		return fmt.Errorf("a time needs a unit; expected ns, us, ms, s or m after each number of %s", n.text)
	}
	meant := strconv.FormatFloat(n.value, 'f', -1, 64) + "ms"
	if n.value >= 1e5 && n.value < math.MaxInt64/2 { // probably nanoseconds
		meant = time.Duration(n.value).String()
	}
	return fmt.Errorf("a time needs a unit; did you mean %s?", meant)
}

// written returns a node as written, unless it is long.
func (n *node) written() string {
	if n.left != nil {
		return "one side"
	}
	return n.text
}
