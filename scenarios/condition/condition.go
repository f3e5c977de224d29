// Package condition parses and evaluates conditions on metrics, such as `p(99) < 5ms && lost == 0`:
// comparisons of metrics and numbers, joined by && (and), || (or) and ! (not). Numbers of metrics
// with a dimension have a unit. The metrics are those of package quantity; base.NAME is that of a
// baseline.
package condition

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rtbench/proto/quantity"
)

// A Condition is a parsed condition. It is immutable.
type Condition struct {
	root  *node
	terms []Term
}

// A Term is a metric in a condition.
type Term struct {
	quantity.Quantity
	Percentile float64 // of a distribution, otherwise 0
	Base       bool    // of the baseline
}

// base is the prefix of baseline metrics, as in base.p(99).
const base = "base"

// String returns the term as written in a condition.
func (t Term) String() string {
	s := t.Name
	if t.Base {
		s = base + "." + s
	}
	if t.Percentile > 0 {
		s += "(" + strconv.FormatFloat(t.Percentile, 'f', -1, 64) + ")"
	}
	return s
}

// Parse parses a condition. The error names its cause.
func Parse(text string) (*Condition, error) {
	const most = 1000
	if len(text) > most {
		return nil, fmt.Errorf("%d bytes; expected at most %d", len(text), most)
	}
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("empty condition")
	}
	p := &parser{text: text}
	root, err := p.whole()
	if err != nil {
		return nil, err
	}
	d, err := root.dimension()
	if err != nil {
		return nil, err
	}
	if !d.truth {
		return nil, errors.New("no comparison; expected one such as p(99) < 5ms")
	}
	return &Condition{root, p.terms}, nil
}

// Terms returns the metrics in order of appearance.
func (c *Condition) Terms() []Term { return c.terms }

// Worse returns the direction in which the first metric gets worse: 1 for higher, -1 for lower, 0
// if unknown (==).
func (c *Condition) Worse() int {
	sign := map[string]int{"<": 1, "<=": 1, ">": -1, ">=": -1}[c.root.op]
	if sign != 0 && c.root.left.op == number { // as in 5ms > p(99)
		return -sign
	}
	return sign
}

// CountsOnly reports whether the condition uses only counts of the run, which are valid even if
// times are not.
func (c *Condition) CountsOnly() bool {
	return len(c.terms) > 0 && !slices.ContainsFunc(c.terms, func(t Term) bool {
		return t.Base || t.Dimension != quantity.Count && t.Dimension != quantity.Ratio
	})
}

// An Observed is the value of a metric in a condition.
type Observed struct {
	Term
	Value  float64
	AtMost bool // Value is an upper bound
}

// Evaluate evaluates the condition for a run; baseline is nil without one. It returns the values
// that are known and usable, each once. The error is not nil if a metric was not measured or is not
// usable.
func (c *Condition) Evaluate(run, baseline quantity.Source) (holds bool, observed []Observed, err error) {
	values := read(c.terms, run, baseline)
	for _, t := range c.terms {
		v := values[t]
		switch o := (Observed{t, v.Number, v.AtMost}); {
		case v.Unusable != "" && !v.AtMost:
			err = cmp.Or(err, fmt.Errorf("%s is not usable: %s", t, v.Unusable))
		case v.Missing != "":
			err = cmp.Or(err, fmt.Errorf("%s was not measured: %s", t, v.Missing))
		case !slices.Contains(observed, o):
			observed = append(observed, o)
		}
	}
	if err != nil {
		return false, observed, err
	}
	if holds = c.root.holds(values); holds && c.root.upperLimit(values) {
		return true, observed, nil
	}
	for _, t := range c.terms {
		if why := values[t].Unusable; why != "" {
			return false, observed, errors.New("only an upper bound is known: " + why)
		}
	}
	return holds, observed, nil
}
