package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"rtbench/internal/lazyregexp"
)

// A Kind defines the allowed values of a scalar.
type Kind[T any] struct {
	Expected string // completes "expected …"
	Tag      string // the one YAML tag allowed; empty for any
	Parse    func(text string) (T, bool)
	Allowed  []Limits                 // for the schema
	Hint     func(text string) string // suggests a value for text that Parse rejected; may be nil
	Cause    func(text string) string // explains why Parse rejected text; may be nil
	Hidden   bool                     // do not quote the text, which may be a secret
	File     bool                     // names a file or directory
}

// Expecting returns the kind with another description of its values.
func (k Kind[T]) Expecting(expected string) Kind[T] {
	k.Expected = expected
	return k
}

// Scalar reads a node, or reports a problem.
func (k Kind[T]) Scalar(r *Reader, path string, n *yaml.Node) (v T, ok bool) {
	written, fromVariable := r.written[n]
	tagFits := k.Tag == "" || n.ShortTag() == k.Tag || fromVariable && k.Tag == "!!str"
	switch {
	case n.Kind == yaml.AliasNode, r.broken[n]: // already reported
		return v, false
	case n.Kind != yaml.ScalarNode, IsNull(n), !tagFits:
		r.Problem(n, path, ": found %s; expected %s%s", r.Describe(n), k.Expected, k.tagHint(n))
		return v, false
	}
	v, ok = k.Parse(n.Value)
	switch {
	case ok:
	case k.Hidden && !fromVariable:
		r.Problem(n, path, ": invalid value; expected %s", k.Expected)
	case fromVariable: // its value may be secret
		r.Problem(n, path, ": the value of %s is invalid; expected %s", Quote(written), k.Expected)
	case k.Cause != nil && k.valueHint(n.Value) == "":
		r.Problem(n, path, ": %s: %s", Quote(n.Value), k.Cause(n.Value))
	default:
		r.Problem(n, path, ": found %s; expected %s%s", Quote(n.Value), k.Expected, k.valueHint(n.Value))
	}
	return v, ok
}

var shellVariable = lazyregexp.New(`^\$[A-Za-z_][A-Za-z0-9_]*$`)

// valueHint suggests a value for invalid text.
func (k Kind[T]) valueHint(text string) string {
	if userOfURL.MatchString(text) {
		return "" // a hint would show the password
	}
	if shellVariable.MatchString(text) {
		return fmt.Sprintf("; did you mean ${%s}?", text[1:])
	}
	if parts := strings.Split(text, ","); len(parts) > 1 {
		all := true
		for i, p := range parts {
			parts[i] = strings.TrimSpace(p)
			_, ok := k.Parse(parts[i])
			all = all && ok
		}
		if all {
			return fmt.Sprintf("; did you mean the list [%s]?", strings.Join(parts, ", "))
		}
	}
	if k.Hint == nil {
		return ""
	}
	return k.Hint(text)
}

// tagHint suggests the notation for a scalar of another type.
func (k Kind[T]) tagHint(n *yaml.Node) string {
	if n.Kind == yaml.SequenceNode {
		return "; did you mean one value, without the brackets?"
	}
	if n.Kind != yaml.ScalarNode || IsNull(n) || n.Style&yaml.TaggedStyle != 0 {
		return ""
	}
	_, fits := k.Parse(n.Value)
	yes := map[string]string{"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}[strings.ToLower(n.Value)]
	switch {
	case fits && k.Tag == "!!str":
		return fmt.Sprintf("; did you mean the text %q, with the quotes?", n.Value)
	case fits:
		return fmt.Sprintf("; did you mean %s, without the quotes?", n.Value)
	case k.Tag == "!!bool" && yes != "":
		return fmt.Sprintf("; did you mean %s?", yes)
	case k.Tag == "!!int":
		return k.valueHint(n.Value)
	}
	return ""
}

// Text accepts any text.
var Text = Kind[string]{
	Expected: "text (quoted if YAML would read another type)", Tag: "!!str", Allowed: []Limits{{Type: "string"}},
	Parse: func(s string) (string, bool) { return s, true },
}

// Pattern accepts text that matches pattern. It is compiled at its first use, because tables of keys are made
// several times at the start of the program.
func Pattern(expected, pattern string) Kind[string] {
	form := lazyregexp.New(pattern)
	return Kind[string]{
		Expected: expected, Tag: "!!str", Allowed: []Limits{{Type: "string", Pattern: pattern}},
		Parse: func(s string) (string, bool) { return s, form.MatchString(s) },
	}
}

// OneOf accepts one of words. Each may be followed by synonyms, separated by spaces, which are only
// suggested.
func OneOf(words ...string) Kind[string] {
	values := firstWords(words)
	return Kind[string]{
		Expected: "one of " + strings.Join(values, ", "), Allowed: []Limits{{Enum: values, words: words}},
		Parse: func(s string) (string, bool) { return s, slices.Contains(values, s) },
		Hint:  func(s string) string { return Nearest(s, words...) },
	}
}

// Bool accepts true and false.
var Bool = Kind[bool]{
	Expected: "true or false", Tag: "!!bool", Allowed: []Limits{{Type: "boolean"}},
	Parse: func(s string) (bool, bool) { return s == "true", s == "true" || s == "false" },
}

// Integer accepts an integer in a range. YAML reads 010 as 8; here it is invalid.
func Integer[T int | int64](least, most T) Kind[T] {
	return Kind[T]{
		Expected: fmt.Sprintf("an integer from %d to %d", least, most), Tag: "!!int", Hint: integerHint,
		Allowed: []Limits{{Type: "integer", Least: new(float64(least)), Most: new(float64(most))}},
		Parse: func(s string) (T, bool) {
			n, err := strconv.ParseInt(s, 10, 64)
			v := T(n)
			return v, err == nil && v >= least && v <= most && strconv.FormatInt(n, 10) == s
		},
	}
}
