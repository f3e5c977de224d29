package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"rtbench/internal/lazyregexp"
)

// Write returns a mapping as YAML. The usage of a key's flag is its comment.
func Write(n *yaml.Node, keys []Key) []byte {
	var b strings.Builder
	write(&b, "", n, keys)
	return []byte(b.String())
}

func write(b *strings.Builder, indent string, n *yaml.Node, keys []Key) {
	for _, p := range inOrder(Pairs(n), keys) {
		k, _ := Find(keys, p.Key.Value)
		head := indent + inline(p.Key) + ":"
		switch {
		case p.Value.Kind == yaml.MappingNode && k.Value.isSection():
			fmt.Fprintln(b, head)
			write(b, indent+"  ", p.Value, k.Value.Keys)
		case p.Value.Kind == yaml.SequenceNode && !k.Value.List:
			fmt.Fprintln(b, head)
			for _, item := range p.Value.Content {
				fmt.Fprintf(b, "%s  - %s\n", indent, inline(item))
			}
		default:
			line := head + " " + inline(p.Value)
			if k.Flag.Usage != "" {
				line = fmt.Sprintf("%-*s # %s", commentAt-1, line, k.Flag.about())
			}
			fmt.Fprintln(b, line)
		}
	}
}

// inOrder sorts pairs as the table has their keys.
func inOrder(pairs []Pair, keys []Key) []Pair {
	at := func(p Pair) int {
		return slices.IndexFunc(keys, func(k Key) bool { return k.Name == p.Key.Value })
	}
	slices.SortStableFunc(pairs, func(a, b Pair) int { return cmp.Compare(at(a), at(b)) })
	return pairs
}

var valueName = lazyregexp.New("`[^`]*`")

// about returns the usage as a comment: the name of the value is a word, and no default.
func (f Flag) about() string {
	usage, _, _ := strings.Cut(f.Usage, " (default")
	return valueName.ReplaceAllStringFunc(usage, func(name string) string { return strings.ToLower(strings.Trim(name, "`")) })
}

// inline returns a node as YAML on one line.
func inline(n *yaml.Node) string {
	var parts []string
	switch n.Kind {
	case yaml.MappingNode:
		for _, p := range Pairs(n) {
			parts = append(parts, inline(p.Key)+": "+inline(p.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case yaml.SequenceNode:
		for _, item := range n.Content {
			parts = append(parts, inline(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	plain := yaml.Node{Kind: yaml.ScalarNode, Value: n.Value}
	if plainText.MatchString(n.Value) && !strings.HasSuffix(n.Value, ":") && (n.Tag == "" || n.ShortTag() == plain.ShortTag()) {
		return n.Value
	}
	return quoted(n.Value)
}

var plainText = lazyregexp.New(`^[A-Za-z0-9/._][A-Za-z0-9/._:-]*$`)

// quoted quotes text for YAML with the fewest escapes.
func quoted(s string) string {
	if utf8.ValidString(s) && strings.ContainsAny(s, `"\`) && !strings.ContainsFunc(s, func(c rune) bool { return !strconv.IsPrint(c) }) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return strconv.Quote(s)
}
