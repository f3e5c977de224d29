package scenarios

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"

	"rtbench/scenarios/spec"
)

// compile compiles a condition.
func compile(s string) (Threshold, error) {
	const most = 1000
	if len(s) > most {
		return Threshold{}, fmt.Errorf("%d bytes; expected at most %d", len(s), most)
	}
	if strings.TrimSpace(s) == "" {
		return Threshold{}, errors.New("empty condition")
	}
	plain, withUnits, err := expandLiterals(s)
	if err != nil {
		return Threshold{}, err
	}
	program, err := expr.Compile(plain, expr.Env(environment), expr.AsBool(), expr.DisableAllBuiltins(), expr.Optimize(false))
	if err != nil {
		return Threshold{}, err
	}
	root, v := program.Node(), &inspector{}
	ast.Walk(&root, v)
	if v.err != nil {
		return Threshold{}, v.err
	}
	if _, err := (dimensionChecker{withUnits}).of(root); err != nil {
		return Threshold{}, err
	}
	return Threshold{Condition: s, program: program, terms: v.terms, worse: worse(root)}, nil
}

var (
	// A unit must end at a word boundary: 100/sent is a division.
	literal = regexp.MustCompile(`\b(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|k/s|M/s|/s|KiB|MiB|KB|MB|B)\b`)
	units   = map[string]float64{
		"ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9,
		"/s": 1, "k/s": 1e3, "M/s": 1e6, "B": 1, "KB": 1e3, "MB": 1e6, "KiB": 1 << 10, "MiB": 1 << 20,
	}
)

// expandLiterals replaces numbers with units by nanoseconds, messages per second and bytes. It
// returns the units by the position of their number in the new text, in characters.
func expandLiterals(s string) (plain string, withUnits map[int]string, err error) {
	var b strings.Builder
	withUnits = map[int]string{}
	rest, place := 0, 0
	write := func(text string) {
		b.WriteString(text)
		place += utf8.RuneCountInString(text)
	}
	for _, at := range literal.FindAllStringSubmatchIndex(s, -1) {
		write(s[rest:at[0]])
		unit := s[at[4]:at[5]]
		v, _ := strconv.ParseFloat(s[at[2]:at[3]], 64)
		if v *= units[unit]; math.IsInf(v, 0) {
			return "", nil, errors.New(spec.Quote(s[at[0]:at[1]]) + " is too large")
		}
		// Write a decimal point: expr rejects integers above 2⁶³.
		digits := strconv.FormatFloat(v, 'f', -1, 64)
		if !strings.Contains(digits, ".") {
			digits += ".0"
		}
		withUnits[place] = unit
		write(digits)
		rest = at[1]
	}
	write(s[rest:])
	return b.String(), withUnits, nil
}

// An inspector restricts conditions to arithmetic on metrics, and collects these. expr can do more,
// such as lists of a billion numbers.
type inspector struct {
	err   error
	terms []term
}

var operators = []string{"<", "<=", ">", ">=", "==", "!=", "&&", "||", "and", "or", "!", "not", "+", "-", "*", "/", "%", "**", "^"}

// Visit implements ast.Visitor; leaves are visited first.
func (v *inspector) Visit(node *ast.Node) {
	err := errors.New("expected only metrics, numbers and operators")
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		err = nil
		if n.Value != base {
			v.terms = append(v.terms, term{metric: n.Value})
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		err = nil
	case *ast.StringNode: // a method name, not a condition
		err = nil
	case *ast.MemberNode:
		if of, ok := n.Node.(*ast.IdentifierNode); ok && of.Value == base && !n.Optional {
			err = nil
			if name, ok := n.Property.(*ast.StringNode); ok {
				v.terms = append(v.terms, term{metric: name.Value, base: true})
			}
		}
	case *ast.UnaryNode:
		err = knownOperator(n.Operator)
	case *ast.BinaryNode:
		if !isText(n.Left) && !isText(n.Right) {
			err = knownOperator(n.Operator)
		}
	case *ast.CallNode:
		var p float64
		if p, err = percentile(n); err == nil && len(v.terms) > 0 {
			v.terms[len(v.terms)-1].percentile = p
		}
	}
	if v.err == nil {
		v.err = err
	}
}

func isText(n ast.Node) bool {
	_, text := n.(*ast.StringNode)
	return text
}

func knownOperator(op string) error {
	if !slices.Contains(operators, op) {
		return fmt.Errorf("operator %s is not supported; expected one of %s", op, strings.Join(operators, " "))
	}
	return nil
}

// percentile returns the argument of p, service and lag.
func percentile(n *ast.CallNode) (p float64, err error) {
	if len(n.Arguments) == 1 {
		switch a := n.Arguments[0].(type) {
		case *ast.IntegerNode:
			p = float64(a.Value)
		case *ast.FloatNode:
			p = a.Value
		}
	}
	if p <= 0 || p > 100 {
		return 0, fmt.Errorf("%s: expected a percentile above 0 and at most 100", n.Callee)
	}
	return p, nil
}
