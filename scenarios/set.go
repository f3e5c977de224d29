package scenarios

import (
	"slices"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// set merges the keys of flags over a scenario, in order.
func (b *builder) set(root *yaml.Node) *yaml.Node {
	for _, flag := range b.options.Set {
		if over := b.flag(flag); over != nil {
			root = b.r.merge(root, over)
		}
	}
	return root
}

// flag turns KEY=VALUE into a mapping; nil after a problem.
func (b *builder) flag(flag string) *yaml.Node {
	source := b.r.source(flagName(flag), true)
	defer b.r.withSource(source)()
	key, text, found := strings.Cut(flag, "=")
	path := strings.Split(strings.TrimSpace(key), ".")
	switch {
	case !found:
		b.r.place(0, 0, "expected KEY=VALUE such as load.rate=50k/s%s", nearestPath(key))
		return nil
	case path[0] == "include" || path[0] == "profiles":
		b.r.place(0, 0, "%s belongs in a file; expected a key of the scenario, such as load.rate", path[0])
		return nil
	case !b.r.isText([]byte(text)):
		return nil
	}
	if hint, ok := unknownPath(path); !ok && key != "contract" { // renamed reports it
		b.r.place(0, 0, "unknown key %s; expected a key such as load.rate or repetitions%s", quote(key), hint)
		return nil
	}
	n := b.flagValue(path, text)
	if n == nil {
		return nil
	}
	for i := len(path) - 1; i >= 0; i-- {
		k := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: path[i], Line: 1, Column: 1}
		n = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{k, n}, Line: 1, Column: 1}
	}
	b.r.adopt(n, source)
	b.r.refuseSecrets(n)
	return n
}

// flagName returns a flag for messages, without values that may be secret.
func flagName(flag string) string {
	key, _, found := strings.Cut(flag, "=")
	if section, _, _ := strings.Cut(strings.TrimSpace(key), "."); found && slices.Contains(secretKeys, section) {
		flag = key + "=…"
	}
	return "--set " + shorten(oneLine(HideUsers(flag)))
}

func (b *builder) flagValue(path []string, text string) *yaml.Node {
	doc, err := decode(yaml.NewDecoder(strings.NewReader(text)))
	if err != nil || len(doc.Content) == 0 {
		b.r.place(0, 0, "%s: invalid YAML value; expected one such as `load.rate=50k/s` or `load.connections=[10, 100]`", strings.Join(path, "."))
		return nil
	}
	n := doc.Content[0]
	b.r.adopt(n, b.r.current)
	b.r.refuse(n)
	b.expand(n)
	return n
}

// oneLine replaces control characters and invalid UTF-8.
func oneLine(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(s, "?"))
}
