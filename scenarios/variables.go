package scenarios

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// variable matches $$, a variable with or without a default, or an attempt at one.
var variable = regexp.MustCompile(`\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\}|\$\{[^}]*\}?`)

// maxVariable limits values of variables and headers, in bytes. Tokens with many claims exceed 4
// KiB; few servers accept more than 64 KiB.
const maxVariable = 64 << 10

// expand expands variables below a node. A value stays a single scalar, because the file is
// already parsed.
func (b *builder) expand(n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 1; i < len(n.Content); i += 2 {
			b.expand(n.Content[i])
		}
	case yaml.SequenceNode:
		for _, item := range n.Content {
			b.expand(item)
		}
	case yaml.ScalarNode:
		if strings.Contains(n.Value, "$") {
			b.expandScalar(n)
		}
	}
}

func (b *builder) expandScalar(n *yaml.Node) {
	before := n.Value
	named := false
	value := variable.ReplaceAllStringFunc(before, func(v string) string {
		if v == "$$" {
			return "$"
		}
		named = true
		return b.lookup(n, v)
	})
	n.Value = value
	if !named {
		return
	}
	b.r.written[n] = before
	// In brackets a variable must be quoted; a quoted variable alone has the type of its value.
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 && variable.FindString(before) == before {
		n.Style &^= yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle
	}
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) == 0 {
		n.Tag = "" // the type follows from the value
	}
}

// lookup returns the value of ${NAME} or ${NAME:-default}.
func (b *builder) lookup(n *yaml.Node, text string) string {
	m := variable.FindStringSubmatch(text)
	name, fallback := m[1], m[2]
	if name == "" {
		b.r.broken[n] = true
		b.r.problem(n, "%s is not a variable; expected ${NAME} or ${NAME:-default}, and $$ for a dollar", quote(text))
		return ""
	}
	if !b.named[name] {
		b.named[name] = true
		b.variables = append(b.variables, name)
	}
	var v string
	found := false
	if b.options.Lookup != nil {
		v, found = b.options.Lookup(name)
	}
	switch {
	case v == "" && fallback != "":
		return strings.TrimPrefix(fallback, ":-")
	case !found:
		b.r.broken[n] = true
		b.r.problem(n, "variable %s is not set; expected it in the environment, or a default: ${%s:-…}", name, name)
	case len(v) > maxVariable || !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl):
		b.r.broken[n] = true
		b.r.problem(n, "variable %s has an invalid value; expected one line of text of at most %d bytes", name, maxVariable)
		return ""
	}
	return v
}
