package scenarios

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"
)

// A Threshold is a condition on the figures of a repetition. The zero value
// holds never, with an error.
type Threshold struct {
	Text    string // as the scenario has it
	program *vm.Program
}

// Holds evaluates the threshold. The error says why it cannot be evaluated: a
// figure that it asks for is missing.
func (t Threshold) Holds(f Figures) (held bool, err error) {
	if t.program == nil {
		return false, fmt.Errorf("threshold %q: not one that Parse has read", t.Text)
	}
	out, err := expr.Run(t.program, f)
	if err != nil {
		return false, fmt.Errorf("threshold %q: %s", t.Text, firstLine(err))
	}
	held, _ = out.(bool)
	return held, nil
}

// threshold takes a condition such as `p(99) < 5ms`.
var threshold = kind[Threshold]{
	expected: "a condition such as `p(99) < 5ms`, `lost == 0` or `throughput >= 4.9k/s`",
	parse: func(s string) (Threshold, bool) {
		program, err := compile(s)
		return Threshold{Text: s, program: program}, err == nil
	},
	hint: func(s string) string {
		_, err := compile(s)
		return explain(err)
	},
}

// compile makes a program of a threshold's text.
func compile(s string) (program *vm.Program, err error) {
	const most = 1000
	if len(s) > most {
		return nil, fmt.Errorf("it has %d bytes, at most %d are read", len(s), most)
	}
	if strings.TrimSpace(s) == "" {
		return nil, errors.New("it is empty")
	}
	plain, err := expandLiterals(s)
	if err != nil {
		return nil, err
	}
	program, err = expr.Compile(plain, expr.Env(Figures{}), expr.AsBool(), expr.DisableAllBuiltins(), expr.Optimize(false))
	if err != nil {
		return nil, err
	}
	root, v := program.Node(), &inspector{}
	ast.Walk(&root, v)
	if v.err != nil {
		return nil, v.err
	}
	return program, nil
}

var (
	// A unit ends at the end of a word: 100/sent is a division.
	literal = regexp.MustCompile(`\b(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|k/s|M/s|/s|KiB|MiB|KB|MB|B)\b`)
	units   = map[string]float64{
		"ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9,
		"/s": 1, "k/s": 1e3, "M/s": 1e6, "B": 1, "KB": 1e3, "MB": 1e6, "KiB": 1 << 10, "MiB": 1 << 20,
	}
)

// expandLiterals writes numbers with units as numbers of nanoseconds, messages
// per second and bytes.
func expandLiterals(s string) (plain string, err error) {
	plain = literal.ReplaceAllStringFunc(s, func(l string) string {
		m := literal.FindStringSubmatch(l)
		v, _ := strconv.ParseFloat(m[1], 64)
		if v *= units[m[2]]; math.IsInf(v, 0) {
			err = errors.New(quote(l) + " is too large")
		}
		// Always with a point: expr refuses whole numbers above 2⁶³.
		digits := strconv.FormatFloat(v, 'f', -1, 64)
		if !strings.Contains(digits, ".") {
			digits += ".0"
		}
		return digits
	})
	return plain, err
}

// An inspector keeps thresholds to arithmetic on figures. expr can do more, such
// as lists of a billion numbers.
type inspector struct{ err error }

var operators = []string{"<", "<=", ">", ">=", "==", "!=", "&&", "||", "and", "or", "!", "not", "+", "-", "*", "/", "%", "**", "^"}

// Visit implements ast.Visitor. It is called for the leaves first.
func (v *inspector) Visit(node *ast.Node) {
	err := errors.New("only figures, numbers and operators belong here")
	switch n := (*node).(type) {
	case *ast.IdentifierNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		err = nil
	case *ast.UnaryNode:
		err = knownOperator(n.Operator)
	case *ast.BinaryNode:
		err = knownOperator(n.Operator)
	case *ast.CallNode:
		err = percentile(n)
	}
	if v.err == nil {
		v.err = err
	}
}

func knownOperator(op string) error {
	if !slices.Contains(operators, op) {
		return fmt.Errorf("operator %s does not belong here, only %s", op, strings.Join(operators, " "))
	}
	return nil
}

// percentile checks the argument of p, service and lag.
func percentile(n *ast.CallNode) error {
	var p float64
	if len(n.Arguments) == 1 {
		switch a := n.Arguments[0].(type) {
		case *ast.IntegerNode:
			p = float64(a.Value)
		case *ast.FloatNode:
			p = a.Value
		}
	}
	if p <= 0 || p > 100 {
		return fmt.Errorf("%s takes a percentile, a number above 0 and up to 100", n.Callee)
	}
	return nil
}

var (
	unknownWord = regexp.MustCompile(`unknown name (\w+)`)
	exprPlace   = regexp.MustCompile(` \(\d+:\d+\)$`)
)

// explain completes a message about a threshold that does not compile.
func explain(err error) string {
	first := firstLine(err)
	if m := unknownWord.FindStringSubmatch(first); m != nil {
		words := figureWords()
		return fmt.Sprintf(": there is no figure %q, only %s%s", m[1], strings.Join(words, ", "), nearest(m[1], words))
	}
	if strings.Contains(first, "func(float64)") {
		return ": p, service and lag take a percentile, as in p(99)"
	}
	if strings.Contains(first, "invalid integer literal") || strings.Contains(first, "invalid float literal") {
		return ": a number is too large"
	}
	return ": " + first
}

// firstLine leaves out expr's drawing, and its place in a text that the user
// has not written.
func firstLine(err error) string {
	first, _, _ := strings.Cut(err.Error(), "\n")
	return exprPlace.ReplaceAllString(first, "")
}
