package condition

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"rtbench/proto/quantity"
)

// A node is a part of a condition: an operator with its operands, a number, a metric, or true or
// false as a number of 1 or 0. Unary operators have a right operand only.
type node struct {
	op          string // or one of the kinds below
	left, right *node
	value       float64
	unit        quantity.Dimension // of a number; empty without a unit
	whole       bool               // a number written as an integer
	term        Term
	text        string // as written
}

// Kinds of leaves.
const (
	number = "number"
	metric = "metric"
	truth  = "truth"
)

// precedences of binary operators; ** and its synonym ^ are right-associative.
var precedences = map[string]int{
	"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3,
	"+": 4, "-": 4, "*": 6, "/": 6, "%": 6, "**": 8, "^": 8,
}

// Precedences of the operands of ! and of the signs.
const (
	ofNot  = 5
	ofSign = 7
)

// synonyms of operators.
var synonyms = map[string]string{"or": "||", "and": "&&", "not": "!", "**": "^"}

type unit struct {
	dimension quantity.Dimension
	scale     float64 // in nanoseconds, messages per second, or bytes
}

var units = map[string]unit{
	"ns": {quantity.Time, 1}, "us": {quantity.Time, 1e3}, "µs": {quantity.Time, 1e3}, "μs": {quantity.Time, 1e3},
	"ms": {quantity.Time, 1e6}, "s": {quantity.Time, 1e9}, "m": {quantity.Time, 60e9},
	"/s": {quantity.Rate, 1}, "k/s": {quantity.Rate, 1e3}, "M/s": {quantity.Rate, 1e6},
	"B": {quantity.Bytes, 1}, "KB": {quantity.Bytes, 1e3}, "MB": {quantity.Bytes, 1e6},
	"KiB": {quantity.Bytes, 1 << 10}, "MiB": {quantity.Bytes, 1 << 20},
}

var (
	// A unit must end at a word boundary: 100/sent is a division.
	numberToken    = regexp.MustCompile(`^(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)((?:ns|us|µs|μs|ms|s|m|k/s|M/s|/s|KiB|MiB|KB|MB|B)\b)?`)
	wordToken      = regexp.MustCompile(`^[A-Za-z_]\w*`)
	operatorToken  = regexp.MustCompile(`^(?:\|\||&&|[=!<>]=|\*\*|[-+*/%^<>!().])`)
	percentileWord = regexp.MustCompile(`^(p|service|lag)_?(\d+)$`)
	unitApart      = regexp.MustCompile(`\d[ \t]+(ns|us|µs|μs|ms|s|m|k/s|M/s|/s|KiB|MiB|KB|MB|B)(\W|$)`)
	percentage     = regexp.MustCompile(`(\d+(?:\.\d+)?) ?%\s*$`)
	countBefore    = regexp.MustCompile(`\b(errors|failed|lost|not_sent)\s*([<>]=?|==)\s*\d+(?:\.\d+)? ?%\s*$`)
)

// An UnknownMetricError reports a word that is not a metric.
type UnknownMetricError struct{ Word string }

// Error implements error.
func (e *UnknownMetricError) Error() string {
	return fmt.Sprintf("unknown metric %q; expected one of %s", e.Word, strings.Join(quantity.Names(func(quantity.Quantity) bool { return true }), ", "))
}

// A parser reads a condition from left to right.
type parser struct {
	text  string
	at    int
	terms []Term
}

// next returns the next token without taking it; empty at the end.
func (p *parser) next() string {
	p.at += len(p.text[p.at:]) - len(strings.TrimLeftFunc(p.text[p.at:], unicode.IsSpace))
	rest := p.text[p.at:]
	for _, token := range []*regexp.Regexp{numberToken, wordToken, operatorToken} {
		if t := token.FindString(rest); t != "" {
			return t
		}
	}
	for _, r := range rest {
		return string(r)
	}
	return ""
}

// take takes the next token if it is t.
func (p *parser) take(t string) bool {
	if p.next() != t {
		return false
	}
	p.at += len(t)
	return true
}

func (p *parser) whole() (*node, error) {
	n, err := p.expression(0)
	if err == nil && p.next() != "" {
		err = p.unexpected()
	}
	return n, err
}

// unexpected returns the error for the next token.
func (p *parser) unexpected() error {
	t := p.next()
	if m := unitApart.FindStringSubmatch(p.text); m != nil && t != "" {
		return fmt.Errorf("a space before the unit; expected it next to its number, such as 5%s", m[1])
	}
	switch m := percentage.FindStringSubmatch(p.text); {
	case t == "=":
		return errors.New("found =; did you mean ==?")
	case t != "":
		return fmt.Errorf("unexpected %q; expected only metrics, numbers and operators", t)
	case m != nil:
		v, _ := strconv.ParseFloat(m[1], 64)
		if c := countBefore.FindStringSubmatch(p.text); c != nil {
			return fmt.Errorf("%s is a count; did you mean failed_rate %s %v?", c[1], c[2], v/100)
		}
		return fmt.Errorf("a percentage; did you mean %v?", v/100)
	case strings.HasSuffix(strings.TrimSpace(p.text), "%"):
		return errors.New("a percentage; expected a number such as 0.01")
	}
	return errors.New("incomplete condition")
}

// expression reads operands joined by operators of at least that precedence.
func (p *parser) expression(least int) (*node, error) {
	p.next()
	from := p.at
	left, err := p.operand()
	for err == nil {
		op := p.next()
		name := op
		if s := synonyms[op]; s != "" {
			name = s
		}
		precedence := precedences[name]
		if precedence == 0 || precedence < least {
			return left, nil
		}
		p.at += len(op)
		next := precedence + 1
		if name == "^" {
			next = precedence
		}
		var right *node
		if right, err = p.expression(next); err == nil {
			left = &node{op: name, left: left, right: right, text: p.text[from:p.at]}
		}
	}
	return nil, err
}

// operand reads a number, a metric, a sign or ! with its operand, or an expression in parentheses.
func (p *parser) operand() (n *node, err error) {
	t := p.next()
	from := p.at
	switch {
	case t == "(":
		p.at += len(t)
		if n, err = p.expression(0); err == nil && !p.take(")") {
			err = p.unexpected()
		}
		return n, err
	case t == "-" || t == "+" || t == "!" || t == "not":
		p.at += len(t)
		n = &node{op: t}
		least := ofSign
		if t == "!" || t == "not" {
			n.op, least = "!", ofNot
		}
		n.right, err = p.expression(least)
	case t == "true" || t == "false":
		p.at += len(t)
		n = &node{op: truth}
		if t == "true" {
			n.value = 1
		}
	case numberToken.MatchString(t):
		p.at += len(t)
		n, err = literal(t)
	case wordToken.MatchString(t):
		n, err = p.metric()
	default:
		return nil, p.unexpected()
	}
	if err == nil {
		n.text = p.text[from:p.at]
	}
	return n, err
}

func literal(t string) (*node, error) {
	m := numberToken.FindStringSubmatch(t)
	v, _ := strconv.ParseFloat(m[1], 64)
	u, known := units[m[2]]
	if known {
		v *= u.scale
	}
	if math.IsInf(v, 0) {
		return nil, fmt.Errorf("%q is too large", t)
	}
	return &node{op: number, value: v, unit: u.dimension, whole: !known && strings.Trim(m[1], "0123456789") == ""}, nil
}

// metric reads a metric: NAME, NAME(PERCENTILE), or one of them after base.
func (p *parser) metric() (*node, error) {
	var t Term
	name := p.next()
	p.at += len(name)
	if name == base && p.take(".") {
		t.Base, name = true, p.next()
		p.at += len(name)
	}
	var known bool
	if t.Quantity, known = quantity.Named(name); !known {
		if m := percentileWord.FindStringSubmatch(name); m != nil {
			return nil, fmt.Errorf("%s is not a metric; did you mean %s(%s)?", name, m[1], m[2])
		}
		return nil, &UnknownMetricError{name}
	}
	if t.Distribution {
		if !p.take("(") {
			return nil, errors.New("p, service and lag need a percentile, as in p(99)")
		}
		digits := p.next()
		v, err := strconv.ParseFloat(digits, 64)
		if p.at += len(digits); err != nil || v <= 0 || v > 100 || !p.take(")") {
			return nil, fmt.Errorf("%s: expected a percentile above 0 and at most 100", name)
		}
		t.Percentile = v
	}
	p.terms = append(p.terms, t)
	return &node{op: metric, term: t}, nil
}
