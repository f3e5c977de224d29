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

// A Threshold is a condition on the figures of a repetition, alone or, in its long
// form, with where and when it must hold. In Go, the zero value holds never, with an
// error.
type Threshold struct {
	// Condition is the condition, such as `p(99) < 5ms`, `lost == 0` or `throughput >= 4.9k/s`. A
	// time needs its unit.
	// Figures: p, service and lag of a percentile, max, mean, throughput, sent, not_sent,
	// received, lost, failed (not sent, lost, answered by an error or not as expected),
	// failed_rate (their share of the messages due, 0 to 1; in a closed loop and with push not
	// usable if streams were not open, or waited for lost replies, for more than 1 % of the
	// steady phase), duplicates, out_of_order, corrupt, dropped, errors (failed messages,
	// streams broken or not opened), server_cpu, client_cpu, wire_bytes, and base.… of the same
	// cell of a baseline.
	Condition string
	// Window says that the condition must hold in each stretch of the steady phase
	// of that length, by itself. Default 0s: over the whole.
	Window time.Duration
	// After is how much of the steady phase goes by before the condition counts: the
	// windows that begin before it do not, and it aborts nothing before.
	After time.Duration
	// Abort ends the whole run as soon as the condition does not hold.
	Abort   bool
	program *vm.Program
	needs   *needs
}

// String is the threshold in words, its condition first.
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

// needsSteady is the shortest steady phase in which the threshold has a window, or can abort.
func (t Threshold) needsSteady() time.Duration {
	switch {
	case t.Window > 0:
		return t.After + t.Window
	case t.Abort && t.After > 0:
		return t.After + time.Millisecond
	}
	return 0
}

// Uses says whether the condition asks for a figure of the run itself.
func (t Threshold) Uses(figure string) bool {
	return t.needs != nil && slices.Contains(t.needs.metrics, figure)
}

// HighestPercentile is the highest percentile of the response time that the condition asks
// for, 0 for none.
func (t Threshold) HighestPercentile() float64 {
	if t.needs == nil {
		return 0
	}
	return t.needs.highest
}

// NeedsBaseline says whether the condition speaks of a baseline.
func (t Threshold) NeedsBaseline() bool { return t.needs != nil && t.needs.baseline }

// Holds evaluates the threshold. The error says why it cannot be evaluated: a
// figure that it asks for was not measured or is not usable.
func (t Threshold) Holds(f Metrics) (held bool, err error) {
	if t.program == nil {
		return false, fmt.Errorf("threshold %q: not one that Parse has read", t.Condition)
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

// threshold takes a condition such as `p(99) < 5ms`.
var threshold = kind[Threshold]{
	expected: "a condition such as `p(99) < 5ms`, `lost == 0` or `throughput >= 4.9k/s`",
	allowed:  []limits{{Type: "string"}},
	parse: func(s string) (Threshold, bool) {
		program, needs, err := compile(s)
		return Threshold{Condition: s, program: program, needs: needs}, err == nil
	},
	hint: func(s string) string {
		_, _, err := compile(s)
		return explain(s, err)
	},
}

// compile makes a program of a threshold's text.
func compile(s string) (program *vm.Program, n *needs, err error) {
	const most = 1000
	if len(s) > most {
		return nil, nil, fmt.Errorf("it has %d bytes, at most %d are read", len(s), most)
	}
	if strings.TrimSpace(s) == "" {
		return nil, nil, errors.New("it is empty")
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
	// A unit ends at the end of a word: 100/sent is a division.
	literal = regexp.MustCompile(`\b(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|k/s|M/s|/s|KiB|MiB|KB|MB|B)\b`)
	units   = map[string]float64{
		"ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9,
		"/s": 1, "k/s": 1e3, "M/s": 1e6, "B": 1, "KB": 1e3, "MB": 1e6, "KiB": 1 << 10, "MiB": 1 << 20,
	}
)

// expandLiterals writes numbers with units as numbers of nanoseconds, messages
// per second and bytes. It returns their units by the place of the number in the new text,
// in characters.
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
		// Always with a point: expr refuses whole numbers above 2⁶³.
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

// An inspector keeps thresholds to arithmetic on figures. expr can do more, such
// as lists of a billion numbers.
type inspector struct {
	err   error
	needs needs
}

// needs lists the figures that a condition asks for.
type needs struct {
	baseline bool
	terms    []term
	worse    int      // see Threshold.Worse
	metrics  []string // of the run itself
	highest  float64  // of the percentiles of the response time
}

var operators = []string{"<", "<=", ">", ">=", "==", "!=", "&&", "||", "and", "or", "!", "not", "+", "-", "*", "/", "%", "**", "^"}

// Visit implements ast.Visitor. It is called for the leaves first.
func (v *inspector) Visit(node *ast.Node) {
	err := errors.New("only figures, numbers and operators belong here")
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		err = nil
		if v.needs.baseline = v.needs.baseline || n.Value == base; n.Value != base {
			v.needs.metrics = append(v.needs.metrics, n.Value)
			v.needs.terms = append(v.needs.terms, term{metric: n.Value})
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		err = nil
	case *ast.StringNode: // the name after a point; alone it is no condition
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
		return fmt.Errorf("operator %s does not belong here, only %s", op, strings.Join(operators, " "))
	}
	return nil
}

// percentile takes the argument of p, service and lag.
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
		return 0, fmt.Errorf("%s takes a percentile, a number above 0 and up to 100", n.Callee)
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

// explain completes a message about a threshold that does not compile.
func explain(text string, err error) string {
	first := firstLine(err)
	if m := unknownWord.FindStringSubmatch(first); m != nil {
		words := metricNames()
		if p := percentileWord.FindStringSubmatch(m[1]); p != nil {
			return fmt.Sprintf("; did you mean %s(%s)?", p[1], p[2])
		}
		return fmt.Sprintf(": there is no figure %q, only %s%s", m[1], strings.Join(words, ", "), nearest(m[1], words))
	}
	if strings.Contains(first, "func(float64)") {
		return ": p, service and lag take a percentile, as in p(99)"
	}
	if strings.Contains(first, "invalid integer literal") || strings.Contains(first, "invalid float literal") {
		return ": a number is too large"
	}
	if m := unitApart.FindStringSubmatch(text); m != nil && strings.HasPrefix(first, "unexpected token") {
		return fmt.Sprintf(": a unit apart from its number; expected them together, such as 5%s", m[1])
	}
	switch {
	case strings.Contains(first, `Operator("=")`):
		return ": a single =; did you mean ==?"
	case strings.Contains(first, "token EOF") && strings.HasSuffix(strings.TrimSpace(text), "%"):
		if m := percentage.FindStringSubmatch(text); m != nil {
			if v, err := strconv.ParseFloat(m[1], 64); err == nil {
				if c := countBefore.FindStringSubmatch(text); c != nil {
					return fmt.Sprintf(": %s is a count; did you mean failed_rate %s %v?", c[1], c[2], v/100)
				}
				return fmt.Sprintf(": a percentage; did you mean %v?", v/100)
			}
		}
		return ": a percentage; expected a number such as 0.01"
	case strings.Contains(first, "token EOF"):
		return ": it ends too early"
	case strings.HasPrefix(first, "expected bool, but got"):
		return ": it is a figure without a condition"
	}
	return ": " + first
}

// firstLine leaves out expr's drawing, and its place in a text that the user
// has not written.
func firstLine(err error) string {
	first, _, _ := strings.Cut(err.Error(), "\n")
	return exprPlace.ReplaceAllString(first, "")
}
