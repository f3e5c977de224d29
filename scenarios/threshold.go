package scenarios

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"
)

// A Threshold is a condition on the metrics of a repetition, or keys that also limit its scope. In
// Go, the zero value always fails with an error.
type Threshold struct {
	// Condition such as `p(99) < 5ms`, `lost == 0` or `throughput >= 4.9k/s`. Times need a unit.
	// Metrics: p, service and lag (of a percentile), max, mean, throughput, sent, not_sent,
	// received, lost, failed (not sent, lost, error reply or violation of expect), failed_rate
	// (failed share of the messages due, 0 to 1; in a closed loop and with push not usable if
	// streams were closed or waited for lost replies for more than 1 % of the steady phase),
	// duplicates, out_of_order, corrupt, dropped, errors (failed messages, and streams broken or
	// not opened), server_cpu, client_cpu, wire_bytes, and base.NAME for the same cell of a
	// baseline.
	Condition string
	// Length of the windows of the steady phase that must each satisfy the condition. Default 0s:
	// the whole phase.
	Window time.Duration
	// Start of the check: earlier windows are not checked, and abort has no effect before.
	After time.Duration
	// End the run as soon as the condition fails.
	Abort   bool
	program *vm.Program
	needs   *needs
}

// String returns the threshold in words, condition first.
func (t Threshold) String() string {
	s := t.Condition
	if t.Window > 0 {
		s += fmt.Sprintf(" in each %v", t.Window)
	}
	if t.After > 0 {
		s += fmt.Sprintf(" after %v", t.After)
	}
	return s
}

// needsSteady returns the shortest steady phase that contains a window or allows an abort.
func (t Threshold) needsSteady() time.Duration {
	switch {
	case t.Window > 0:
		return t.After + t.Window
	case t.Abort && t.After > 0:
		return t.After + time.Millisecond
	}
	return 0
}

// Uses reports whether the condition uses a metric of the run, not of the baseline.
func (t Threshold) Uses(metric string) bool {
	return t.needs != nil && slices.Contains(t.needs.metrics, metric)
}

// HighestPercentile returns the highest percentile of the response time in the condition, 0 if
// none.
func (t Threshold) HighestPercentile() float64 {
	if t.needs == nil {
		return 0
	}
	return t.needs.highest
}

// NeedsBaseline reports whether the condition uses a baseline.
func (t Threshold) NeedsBaseline() bool { return t.needs != nil && t.needs.baseline }

// Holds evaluates the threshold. It returns an error if a metric was not measured or is not
// usable.
func (t Threshold) Holds(f Metrics) (held bool, err error) {
	if t.program == nil {
		return false, fmt.Errorf("threshold %q was not returned by Parse", t.Condition)
	}
	for _, term := range t.needs.terms {
		if why, atMost := term.unusable(&f); why != "" && !atMost {
			return false, fmt.Errorf("%s is not usable: %s", term, why)
		}
		if why := term.unmeasured(&f); why != "" {
			return false, fmt.Errorf("%s was not measured: %s", term, why)
		}
	}
	out, err := expr.Run(t.program, f)
	if err != nil {
		return false, fmt.Errorf("threshold %q: %s", t.Condition, firstLine(err))
	}
	held, _ = out.(bool)
	return t.known(&f, held)
}

// threshold parses a condition such as `p(99) < 5ms`.
var threshold = kind[Threshold]{
	expected: "a condition such as `p(99) < 5ms`, `lost == 0` or `throughput >= 4.9k/s`",
	allowed:  []limits{{Type: "string"}},
	parse: func(s string) (Threshold, bool) {
		program, needs, err := compile(s)
		return Threshold{Condition: s, program: program, needs: needs}, err == nil
	},
	cause: func(s string) string {
		_, _, err := compile(s)
		return explain(s, err)
	},
}

// compile compiles a condition.
func compile(s string) (program *vm.Program, n *needs, err error) {
	const most = 1000
	if len(s) > most {
		return nil, nil, fmt.Errorf("%d bytes; expected at most %d", len(s), most)
	}
	if strings.TrimSpace(s) == "" {
		return nil, nil, errors.New("empty condition")
	}
	plain, withUnits, err := expandLiterals(s)
	if err != nil {
		return nil, nil, err
	}
	program, err = expr.Compile(plain, expr.Env(Metrics{}), expr.AsBool(), expr.DisableAllBuiltins(), expr.Optimize(false))
	if err != nil {
		return nil, nil, err
	}
	root, v := program.Node(), &inspector{}
	ast.Walk(&root, v)
	if v.err != nil {
		return nil, nil, v.err
	}
	if _, err := (dimensionChecker{withUnits}).of(root); err != nil {
		return nil, nil, err
	}
	v.needs.worse = worse(root)
	return program, &v.needs, nil
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
			return "", nil, errors.New(quote(s[at[0]:at[1]]) + " is too large")
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

// An inspector restricts conditions to arithmetic on metrics. expr can do more, such as lists of a
// billion numbers.
type inspector struct {
	err   error
	needs needs
}

// needs lists the metrics of a condition.
type needs struct {
	baseline bool
	terms    []term
	worse    int      // see Threshold.Worse
	metrics  []string // of the run, not of the baseline
	highest  float64  // highest percentile of the response time
}

var operators = []string{"<", "<=", ">", ">=", "==", "!=", "&&", "||", "and", "or", "!", "not", "+", "-", "*", "/", "%", "**", "^"}

// Visit implements ast.Visitor; leaves are visited first.
func (v *inspector) Visit(node *ast.Node) {
	err := errors.New("expected only metrics, numbers and operators")
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		err = nil
		if v.needs.baseline = v.needs.baseline || n.Value == base; n.Value != base {
			v.needs.metrics = append(v.needs.metrics, n.Value)
			v.needs.terms = append(v.needs.terms, term{metric: n.Value})
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		err = nil
	case *ast.StringNode: // a method name, not a condition
		err = nil
	case *ast.MemberNode:
		if of, ok := n.Node.(*ast.IdentifierNode); ok && of.Value == base && !n.Optional {
			err = nil
			if name, ok := n.Property.(*ast.StringNode); ok {
				v.needs.terms = append(v.needs.terms, term{metric: name.Value, base: true})
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
		if p, err = percentile(n); fmt.Sprint(n.Callee) == "p" {
			v.needs.highest = max(v.needs.highest, p)
		}
		if err == nil && len(v.needs.terms) > 0 {
			v.needs.terms[len(v.needs.terms)-1].percentile = p
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

var (
	percentileWord = regexp.MustCompile(`^(p|service|lag)_?(\d+)$`)
	unknownWord    = regexp.MustCompile(`unknown name (\w+)`)
	unitApart      = regexp.MustCompile(`\d[ \t]+(ns|us|µs|μs|ms|s|m|k/s|M/s|/s|KiB|MiB|KB|MB|B)(\W|$)`)
	percentage     = regexp.MustCompile(`(\d+(?:\.\d+)?) ?%\s*$`)
	countBefore    = regexp.MustCompile(`\b(errors|failed|lost|not_sent)\s*([<>]=?|==)\s*\d+(?:\.\d+)? ?%\s*$`)
	exprPlace      = regexp.MustCompile(` \(\d+:\d+\)$`)
)

// explain returns the reason why a condition does not compile.
func explain(text string, err error) string {
	first := firstLine(err)
	if m := unknownWord.FindStringSubmatch(first); m != nil {
		words := metricNames()
		if p := percentileWord.FindStringSubmatch(m[1]); p != nil {
			return fmt.Sprintf("%s is not a metric; did you mean %s(%s)?", m[1], p[1], p[2])
		}
		return fmt.Sprintf("unknown metric %q; expected one of %s%s", m[1], strings.Join(words, ", "), nearest(m[1], words))
	}
	if strings.Contains(first, "func(float64)") {
		return "p, service and lag need a percentile, as in p(99)"
	}
	if strings.Contains(first, "invalid integer literal") || strings.Contains(first, "invalid float literal") {
		return "a number is too large"
	}
	if m := unitApart.FindStringSubmatch(text); m != nil && strings.HasPrefix(first, "unexpected token") {
		return fmt.Sprintf("a space before the unit; expected it next to its number, such as 5%s", m[1])
	}
	switch {
	case strings.Contains(first, `Operator("=")`):
		return "found =; did you mean ==?"
	case strings.Contains(first, "token EOF") && strings.HasSuffix(strings.TrimSpace(text), "%"):
		if m := percentage.FindStringSubmatch(text); m != nil {
			if v, err := strconv.ParseFloat(m[1], 64); err == nil {
				if c := countBefore.FindStringSubmatch(text); c != nil {
					return fmt.Sprintf("%s is a count; did you mean failed_rate %s %v?", c[1], c[2], v/100)
				}
				return fmt.Sprintf("a percentage; did you mean %v?", v/100)
			}
		}
		return "a percentage; expected a number such as 0.01"
	case strings.Contains(first, "token EOF"):
		return "incomplete condition"
	case strings.HasPrefix(first, "expected bool, but got"):
		return "no comparison; expected one such as p(99) < 5ms"
	}
	return first
}

// firstLine drops expr's drawing and its position, which refers to the expanded text.
func firstLine(err error) string {
	first, _, _ := strings.Cut(err.Error(), "\n")
	return exprPlace.ReplaceAllString(first, "")
}
