package spec

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"rtbench/internal/lazyregexp"
)

// Variable matches $$, a variable with its name and perhaps a default, or an attempt at one.
var Variable = lazyregexp.New(`\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\}|\$\{[^}]*\}?`)

// MaxVariable limits values of variables and headers, in bytes. Tokens with many claims exceed 4
// KiB; few servers accept more than 64 KiB.
const MaxVariable = 64 << 10

// Variables are environment variables.
type Variables struct {
	// Lookup returns a variable, as os.LookupEnv does; nil: none is set.
	Lookup func(name string) (value string, found bool)
	// Names are those of the variables used, in order of appearance.
	Names []string

	used map[string]bool
}

// Expand expands variables below a node. A value stays a single scalar, because the file is
// already parsed.
func (r *Reader) Expand(n *yaml.Node, v *Variables) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 1; i < len(n.Content); i += 2 {
			r.Expand(n.Content[i], v)
		}
	case yaml.SequenceNode:
		for _, item := range n.Content {
			r.Expand(item, v)
		}
	case yaml.ScalarNode:
		if strings.Contains(n.Value, "$") {
			r.expandScalar(n, v)
		}
	}
}

func (r *Reader) expandScalar(n *yaml.Node, v *Variables) {
	before := n.Value
	named := false
	value := Variable.ReplaceAllStringFunc(before, func(text string) string {
		if text == "$$" {
			return "$"
		}
		named = true
		return r.lookup(n, text, v)
	})
	n.Value = value
	if !named {
		return
	}
	r.written[n] = before
	// In brackets a variable must be quoted; a quoted variable alone has the type of its value.
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 && Variable.FindString(before) == before {
		n.Style &^= yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle
	}
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) == 0 {
		n.Tag = "" // the type follows from the value
	}
}

// lookup returns the value of ${NAME} or ${NAME:-default}.
func (r *Reader) lookup(n *yaml.Node, text string, variables *Variables) string {
	m := Variable.FindStringSubmatch(text)
	name, fallback := m[1], m[2]
	if name == "" {
		r.broken[n] = true
		r.Problem(n, "", "%s is not a variable; expected ${NAME} or ${NAME:-default}, and $$ for a dollar", Quote(text))
		return ""
	}
	if !variables.used[name] {
		if variables.used == nil {
			variables.used = map[string]bool{}
		}
		variables.used[name] = true
		variables.Names = append(variables.Names, name)
	}
	var v string
	found := false
	if variables.Lookup != nil {
		v, found = variables.Lookup(name)
	}
	switch {
	case v == "" && fallback != "":
		return strings.TrimPrefix(fallback, ":-")
	case !found:
		r.broken[n] = true
		r.Problem(n, "", "variable %s is not set; expected it in the environment, or a default: ${%s:-…}", name, name)
	case len(v) > MaxVariable || !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl):
		r.broken[n] = true
		r.Problem(n, "", "variable %s has an invalid value; expected one line of text of at most %d bytes", name, MaxVariable)
		return ""
	}
	return v
}
