package scenarios

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"rtbench/internal/lazyregexp"
	"rtbench/proto/quantity"
)

// A literal is a number with a unit. The unit must end at a word boundary: 100/sent is a division.
var literal = lazyregexp.New(`\b(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|k/s|M/s|/s|KiB|MiB|KB|MB|B)\b`)

// percentage is a number with a percent sign that is not the operator of a remainder: a comparison, a
// conjunction or the end follows.
var percentage = lazyregexp.New(`\b(\d+(?:\.\d+)?) ?(%)(\s*(?:$|[)&|<>=!]|and\b|or\b))`)

// withUnits replaces the literals in a condition by products.
func withUnits(condition string) string {
	return percentage.ReplaceAllString(literal.ReplaceAllStringFunc(condition, asProduct), "($1*"+constantOf("%")+")$3")
}

// asProduct returns a literal as a product of a number and a constant: 5ms is (5*unit_ms).
func asProduct(text string) string {
	m := literal.FindStringSubmatch(text)
	return "(" + m[1] + "*" + constantOf(m[2]) + ")"
}

// A unit is a constant in conditions, in nanoseconds, messages per second, bytes or 1.
type unit struct {
	text      string // as written after a number
	dimension quantity.Dimension
	value     float64
}

var units = []unit{
	{"ns", quantity.Time, 1},
	{"us", quantity.Time, 1e3},
	{"µs", quantity.Time, 1e3},
	{"μs", quantity.Time, 1e3},
	{"ms", quantity.Time, 1e6},
	{"s", quantity.Time, 1e9},
	{"m", quantity.Time, 60e9},
	{"/s", quantity.Rate, 1},
	{"k/s", quantity.Rate, 1e3},
	{"M/s", quantity.Rate, 1e6},
	{"B", quantity.Bytes, 1},
	{"KB", quantity.Bytes, 1e3},
	{"MB", quantity.Bytes, 1e6},
	{"KiB", quantity.Bytes, 1 << 10},
	{"MiB", quantity.Bytes, 1 << 20},
	{"%", quantity.Ratio, 0.01},
}

// constantOf returns the name of a unit in the compiled condition.
func constantOf(text string) string {
	return "unit_" + strings.NewReplacer("/", "per_", "%", "percent").Replace(text)
}

// unitOf returns the unit that a node is.
func unitOf(n ast.Node) (u unit, ok bool) {
	word, _ := n.(*ast.IdentifierNode)
	i := slices.IndexFunc(units, func(u unit) bool { return word != nil && constantOf(u.text) == word.Value })
	if i < 0 {
		return unit{}, false
	}
	return units[i], true
}

// isLiteral reports whether n is a number, possibly with a unit.
func isLiteral(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return true
	case *ast.BinaryNode:
		_, withUnit := unitOf(n.Right)
		return withUnit
	}
	return false
}
