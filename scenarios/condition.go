package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
)

// compile compiles a condition.
func compile(s string) (compiled, error) {
	const most = 1000
	if len(s) > most {
		return compiled{}, fmt.Errorf("%d bytes; expected at most %d", len(s), most)
	}
	if strings.TrimSpace(s) == "" {
		return compiled{}, errors.New("empty condition")
	}
	if m := countBefore.FindStringSubmatch(s); m != nil {
		return compiled{}, fmt.Errorf("%s is a count; did you mean failed_rate %s %s%%?", m[1], m[2], m[3])
	}
	program, err := expr.Compile(withUnits(s), expr.Env(environment), expr.AsBool(), expr.DisableAllBuiltins(), expr.Optimize(false))
	if err != nil {
		return compiled{}, err
	}
	root, v := program.Node(), &inspector{}
	ast.Walk(&root, v)
	if v.err != nil {
		return compiled{}, v.err
	}
	if _, err := anyServerMetric.of(root); err != nil {
		return compiled{}, err
	}
	return compiled{Condition: s, program: program, terms: v.terms, Worse: worse(root)}, nil
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
		if _, isUnit := unitOf(n); n.Value != base && n.Value != server && !isUnit {
			v.terms = append(v.terms, term{metric: n.Value})
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		err = nil
	case *ast.StringNode: // a method name, not a condition
		err = nil
	case *ast.MemberNode:
		if t, ok := memberTerm(n); ok {
			err = nil
			if t.metric != server {
				v.terms = append(v.terms, t)
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

// memberTerm returns the term of base.NAME, server.NAME or base.server.NAME.
func memberTerm(n *ast.MemberNode) (t term, ok bool) {
	name, isName := n.Property.(*ast.StringNode)
	if !isName || n.Optional {
		return t, false
	}
	switch of := n.Node.(type) {
	case *ast.IdentifierNode:
		if of.Value == server {
			return term{metric: ServerPrefix + name.Value}, true
		}
		return term{metric: name.Value, base: true}, of.Value == base
	case *ast.MemberNode:
		if inner, ok := memberTerm(of); ok && inner.base && inner.metric == server {
			return term{metric: ServerPrefix + name.Value, base: true}, true
		}
	}
	return t, false
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
